//! Null means left out, in every JSON body: `Fields` reads all of them so. Here the document says it, in one place.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::schema::{Object, OneOfBuilder, SchemaType};
use utoipa::openapi::{ObjectBuilder, OpenApi, RefOr, Schema, Type};

const SCHEMAS: &str = "#/components/schemas/";

/// Whatever a body's schema doesn't require may be null.
pub fn allow_null(document: &mut OpenApi) {
    let bodies: BTreeSet<String> = document.paths.paths.values().flat_map(bodies_of).collect();
    let Some(components) = &mut document.components else { return };
    for (_, schema) in components.schemas.iter_mut().filter(|(name, _)| bodies.contains(*name)) {
        if let RefOr::T(Schema::Object(body)) = schema {
            let required = &body.required;
            let optional = body.properties.iter_mut().filter(|(name, _)| !required.contains(name));
            optional.for_each(|(_, property)| make_nullable(property));
        }
    }
}

/// The names of the schemas of a path's JSON bodies.
fn bodies_of(item: &PathItem) -> Vec<String> {
    let operations = [&item.post, &item.put, &item.patch, &item.delete].into_iter().flatten();
    let contents = operations.filter_map(|operation| {
        let RefOr::T(body) = operation.request_body.as_ref()? else { return None };
        let RefOr::T(content) = body.content.get("application/json")? else { return None };
        content.schema.as_ref()
    });
    contents.flat_map(names).collect()
}

fn names(schema: &RefOr<Schema>) -> Vec<String> {
    match schema {
        RefOr::Ref(place) => place.ref_location.strip_prefix(SCHEMAS).map(str::to_owned).into_iter().collect(),
        // A body that may be left out as a whole.
        RefOr::T(Schema::OneOf(forms)) => forms.items.iter().flat_map(names).collect(),
        RefOr::T(_) => Vec::new(),
    }
}

fn make_nullable(property: &mut RefOr<Schema>) {
    match property {
        RefOr::T(Schema::Object(object)) => {
            if add_null(&mut object.schema_type) {
                add_null_choice(object);
            }
        }
        RefOr::T(Schema::Array(list)) => drop(add_null(&mut list.schema_type)),
        RefOr::Ref(_) => {
            let null = ObjectBuilder::new().schema_type(Type::Null);
            *property = OneOfBuilder::new().item(property.clone()).item(null).into();
        }
        // Forms beside one another say themselves whether null is one.
        RefOr::T(_) => {}
    }
}

/// Whether null was none of the types before.
fn add_null(types: &mut SchemaType) -> bool {
    let mut all = match types {
        SchemaType::Type(one) => vec![one.clone()],
        SchemaType::Array(all) => all.clone(),
        SchemaType::AnyValue => return false,
    };
    if all.contains(&Type::Null) {
        return false;
    }
    all.push(Type::Null);
    *types = SchemaType::Array(all);
    true
}

/// Where values are listed, null must be one of them to be allowed.
fn add_null_choice(object: &mut Object) {
    if let Some(values) = &mut object.enum_values {
        values.push(Value::Null);
    }
}
