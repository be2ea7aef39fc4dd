//! Every POST takes an `Idempotency-Key`: `Call` and `SandboxCall` read it for all of them. Here the document says it, in one
//! place.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, OpenApi, Required};

use crate::http::call::KEY_CHARS_MAX;

const NAME: &str = "Idempotency-Key";
/// Blanks around it don't count.
const VISIBLE: &str = "^[!-~]([ -~]*[!-~])?$";

/// Adds the header to each POST.
pub fn name_key(document: &mut OpenApi) {
    document.paths.paths.values_mut().filter_map(|item| item.post.as_mut()).for_each(add);
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
