//! Places in a template that are filled in when somebody takes it into a chat: `{{name}}`, and what [`NAMES`] has besides.

/// The names that are known, with what each stands for.
pub const NAMES: [(&str, &str); 4] = [
    ("name", "the chat's name"),
    ("first_name", "its first word"),
    ("phone", "the contact's phone"),
    ("my_name", "your own name"),
];

/// What the places of one chat are filled with.
#[derive(Clone, Copy, Debug)]
pub struct Filling<'f> {
    pub chat_name: &'f str,
    pub phone: &'f str,
    pub my_name: &'f str,
}

impl Filling<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        // A chat that nobody named is called by its number, which is no name to greet with.
        let called = if self.chat_name.contains(char::is_alphabetic) { self.chat_name } else { "" };
        let value = match name {
            "name" => called,
            "first_name" => called.split_whitespace().next().unwrap_or_default(),
            "phone" => self.phone,
            "my_name" => self.my_name,
            _ => return None,
        };
        Some(value).filter(|value| !value.is_empty())
    }

    /// The text with its places filled in. One that nobody knows, or that has no value here, stays for the writer to see.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let Some(length) = rest[start..].find("}}") else { break };
            let place = &rest[start + 2..start + length];
            filled.push_str(&rest[..start]);
            match self.value(place.trim()) {
                Some(value) => filled.push_str(value),
                None => filled.push_str(&rest[start..start + length + 2]),
            }
            rest = &rest[start + length + 2..];
        }
        filled + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_unknown_ones_stay() {
        let filling = Filling { chat_name: "Zoë van den Berg", phone: "", my_name: "Ana" };
        let said =
            filling.fill("Hello {{first_name}} ({{ name }}), {{my_name}} here. {{phone}} {{order}} {{ }} {{open");
        assert_eq!(said, "Hello Zoë (Zoë van den Berg), Ana here. {{phone}} {{order}} {{ }} {{open");
    }

    #[test]
    fn a_number_is_no_name() {
        let filling = Filling { chat_name: "+1 202 555 0100", phone: "+12025550100", my_name: "Ana" };
        assert_eq!(filling.fill("{{name}}{{first_name}}{{phone}}"), "{{name}}{{first_name}}+12025550100");
    }

    #[test]
    fn what_a_name_says_is_never_a_place_itself() {
        let filling = Filling { chat_name: "{{my_name}}", phone: "1", my_name: "Ana" };
        assert_eq!(filling.fill("{{name}}{{phone}}"), "{{my_name}}1");
    }
}
