//! Every POST takes an `Idempotency-Key`: `Call` reads it for all of them. Here the document says it, in one place.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, OpenApi, Required};

use super::BASE_PATH;
use crate::http::call::KEY_CHARS_MAX;

const NAME: &str = "Idempotency-Key";
/// Blanks around it don't count.
const VISIBLE: &str = "^[!-~]([ -~]*[!-~])?$";
/// Controls for tests, without effects that must not be doubled: they read no key.
const WITHOUT: &str = "/sandbox/";

/// Adds the header to each POST that takes it.
pub fn name_key(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let is_counted = path.strip_prefix(BASE_PATH).is_some_and(|path| !path.starts_with(WITHOUT));
        if let Some(operation) = item.post.as_mut().filter(|_| is_counted) {
            add(operation);
        }
    }
}

fn add(operation: &mut Operation) {
    operation.parameters.get_or_insert_default().push(header().into());
}

fn header() -> Parameter {
    let words = "Any text of your own in visible ASCII. A request repeated with it within 7 days is answered with the first \
                 answer, and does nothing again.";
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(KEY_CHARS_MAX))
        .pattern(Some(VISIBLE));
    ParameterBuilder::new()
        .name(NAME)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(words))
        .schema(Some(schema))
        .build()
}
