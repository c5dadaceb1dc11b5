//! One OpenAPI document: which operation a request belongs to, and what its parts must look like.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use crate::fault::{Seen, hold};

/// What the document is called while its parts refer to each other.
const DOCUMENT: &str = "urn:description";

pub(super) struct Description {
    document: Value,
    operations: Vec<Operation>,
    registry: Registry<'static>,
    validators: Mutex<HashMap<(String, Strictness), Arc<Validator>>>,
}

/// Whether fields that are not described are a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Strictness {
    /// Answers may grow.
    Open,
    /// A field nobody described is a misspelt one.
    Closed,
}

/// A method on a path template.
struct Operation {
    method: String,
    template: Vec<String>,
    /// Where it stands in the document.
    pointer: String,
}

impl Operation {
    fn matches(&self, method: &str, path: &[&str]) -> bool {
        self.method == method
            && self.template.len() == path.len()
            && self.template.iter().zip(path).all(|(wanted, given)| is_variable(wanted) || wanted == given)
    }

    /// `/messages/@original` is more exact than `/messages/{message_id}`.
    fn exactness(&self) -> usize {
        self.template.iter().filter(|segment| !is_variable(segment)).count()
    }
}

fn is_variable(segment: &str) -> bool {
    segment.starts_with('{')
}

/// The characters a JSON pointer must not contain.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// What is wrong, said once per place.
type Complaint<'a> = &'a mut dyn FnMut(String);

impl Description {
    pub fn new(mut document: Value) -> Self {
        if document["openapi"].as_str().is_some_and(|version| version.starts_with("3.0")) {
            modernize(&mut document);
        }
        let operations = operations(&document);
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .add(DOCUMENT, document.clone())
            .and_then(jsonschema::RegistryBuilder::prepare)
            .expect("the description refers only to itself");
        Self { document, operations, registry, validators: Mutex::default() }
    }

    /// Adds what is wrong with `seen`, whose path is `path` in this document.
    pub fn check(&self, seen: &Seen, path: &str, violations: &mut BTreeSet<String>) {
        let segments: Vec<&str> = path.split('/').collect();
        let matching = || self.operations.iter().filter(|op| op.matches(seen.method.as_str(), &segments));
        let Some(best) = matching().map(Operation::exactness).max() else {
            violations.insert(format!("{} {}: no such route", seen.method, seen.path));
            return;
        };
        // Two templates may be equally exact (a room by id, by name): one of them has to be content.
        let mut least: Option<BTreeSet<String>> = None;
        for operation in matching().filter(|operation| operation.exactness() == best) {
            let mut found = BTreeSet::new();
            let name = format!("{} {}", operation.method, operation.template.join("/"));
            self.check_operation(operation, seen, &mut |complaint| {
                found.insert(format!("{name}: {complaint}"));
            });
            if least.as_ref().is_none_or(|least| found.len() < least.len()) {
                least = Some(found);
            }
        }
        violations.extend(least.unwrap_or_default());
    }

    fn check_operation(&self, operation: &Operation, seen: &Seen, complain: Complaint<'_>) {
        let refused = matches!(seen.status, Some(400 | 422));
        if !refused {
            self.check_query(operation, seen, complain);
            self.check_request(operation, seen, complain);
        }
        if !seen.faulted
            && let Some(status) = seen.status
        {
            self.check_response(operation, seen, status, complain);
        }
    }

    fn check_query(&self, operation: &Operation, seen: &Seen, complain: Complaint<'_>) {
        let shared = operation.pointer.rsplit_once('/').map_or("", |(path, _)| path);
        let lists = [format!("{}/parameters", operation.pointer), format!("{shared}/parameters")];
        let parameters: Vec<(String, &Value)> = lists
            .iter()
            .flat_map(|list| {
                let count = self.document.pointer(list).and_then(Value::as_array).map_or(0, Vec::len);
                (0..count).map(move |index| format!("{list}/{index}"))
            })
            .filter_map(|pointer| self.resolve(&pointer))
            .filter(|(_, parameter)| parameter["in"] == "query")
            .collect();
        for (name, text) in url::form_urlencoded::parse(seen.query.as_deref().unwrap_or_default().as_bytes()) {
            let Some((pointer, _)) = parameters.iter().find(|(_, parameter)| parameter["name"] == *name) else {
                complain(format!("query has an unknown parameter {name}"));
                continue;
            };
            // What stands in a query is text; the schema tells numbers and flags apart.
            let as_text = Value::from(text.as_ref());
            let as_json = serde_json::from_str(&text).unwrap_or(Value::Null);
            let validator = self.validator(&format!("{pointer}/schema"), Strictness::Open);
            if !validator.is_valid(&as_text) && !validator.is_valid(&as_json) {
                complain(format!("query parameter {name} is not what it should be"));
            }
        }
    }

    fn check_request(&self, operation: &Operation, seen: &Seen, complain: Complaint<'_>) {
        let Some((body, description)) = self.resolve(&format!("{}/requestBody", operation.pointer)) else {
            if !seen.request.is_null() {
                complain("request has a body and should not".into());
            }
            return;
        };
        let Some(content_type) = seen.content_type.as_deref() else {
            if description["required"] == true {
                complain("request has no body".into());
            }
            return;
        };
        if description["content"][content_type].is_null() {
            complain(format!("request is of type {content_type}"));
        } else if content_type == "application/json" {
            let schema = format!("{body}/content/{}/schema", escaped(content_type));
            let mut request = seen.request.clone();
            soften_permissions(&mut request);
            if let Some(fields) = request.as_object_mut().filter(|_| operation.method == "PUT") {
                // Null takes a setting back. Descriptions in 3.0 never say so of what is sent, only of what is
                // answered, and there is no other way.
                fields.retain(|_, value| !value.is_null());
            }
            self.validate(&schema, Strictness::Closed, &request, "request", complain);
        }
    }

    fn check_response(&self, operation: &Operation, seen: &Seen, status: u16, complain: Complaint<'_>) {
        let name = |status: &str| format!("{}/responses/{status}", operation.pointer);
        let range = format!("{}XX", status / 100);
        let candidates = [name(&status.to_string()), name(&range), name("default")];
        let Some((response, description)) = candidates.iter().find_map(|pointer| self.resolve(pointer)) else {
            // Credentials, unknown ids, limits and proxies speak up on every route, described or not.
            if !matches!(status, 401 | 403 | 404 | 429) && status < 500 {
                complain(format!("status {status} is not described"));
            }
            return;
        };
        if description["content"]["application/json"].is_null() {
            if !seen.response.is_null() {
                complain(format!("answer {status} has a body and should not"));
            }
            return;
        }
        let schema = format!("{response}/content/application~1json/schema");
        let mut answer = seen.response.clone();
        if let Some(fields) = answer.as_object_mut().filter(|fields| fields.get("errors").is_some_and(Value::is_object))
        {
            // Discord names what is wrong with a field, as in "BASE_TYPE_REQUIRED"; its description has numbers there.
            fields.remove("errors");
        }
        self.validate(&schema, Strictness::Open, &answer, &format!("answer {status}"), complain);
    }

    fn validate(&self, schema: &str, strict: Strictness, value: &Value, what: &str, complain: Complaint<'_>) {
        for error in self.validator(schema, strict).iter_errors(value) {
            let mut text = error.to_string();
            // Values may be long; which they are the place tells.
            if let Some((end, _)) = text.char_indices().nth(300) {
                text.truncate(end);
                text.push('…');
            }
            complain(format!("{what}: {}: {text}", error.instance_path()));
        }
    }

    /// The object at `pointer`, and where it really stands, when it is a reference to another place.
    fn resolve(&self, pointer: &str) -> Option<(String, &Value)> {
        let value = self.document.pointer(pointer)?;
        match value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
            Some(elsewhere) => self.resolve(elsewhere),
            None => Some((pointer.to_owned(), value)),
        }
    }

    fn validator(&self, pointer: &str, strict: Strictness) -> Arc<Validator> {
        let mut validators = hold(&self.validators);
        let validator = validators.entry((pointer.to_owned(), strict)).or_insert_with(|| {
            let mut schema = json!({ "$ref": format!("{DOCUMENT}#{}", percent_encoded(pointer)) });
            if strict == Strictness::Closed {
                schema["unevaluatedProperties"] = Value::Bool(false);
            }
            let validator = jsonschema::options()
                .with_draft(Draft::Draft202012)
                .with_registry(&self.registry)
                .should_validate_formats(true)
                .offline()
                .build(&schema);
            Arc::new(validator.unwrap_or_else(|error| panic!("{pointer} is not a schema: {error}")))
        });
        Arc::clone(validator)
    }
}

/// Discord takes permissions as text too, and documents only that; its description has numbers.
fn soften_permissions(request: &mut Value) {
    match request {
        Value::Array(items) => items.iter_mut().for_each(soften_permissions),
        Value::Object(fields) => {
            let permissions = fields.get_mut("default_member_permissions");
            if let Some(permissions) = permissions
                && let Some(bits) = permissions.as_str().and_then(|text| text.parse::<u64>().ok())
            {
                *permissions = bits.into();
            }
        }
        _ => {}
    }
}

/// A JSON pointer as the fragment of a URI: path templates contain braces.
fn percent_encoded(pointer: &str) -> String {
    pointer.replace('%', "%25").replace('{', "%7B").replace('}', "%7D").replace('@', "%40").replace('[', "%5B")
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = vec![];
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for method in ["get", "post", "put", "patch", "delete"] {
            if !methods[method].is_null() {
                operations.push(Operation {
                    method: method.to_ascii_uppercase(),
                    template: path.split('/').map(str::to_owned).collect(),
                    pointer: format!("/paths/{}/{method}", escaped(path)),
                });
            }
        }
    }
    operations
}

/// Turns OpenAPI 3.0's own dialect into JSON Schema 2020-12: `nullable`, and limits that are flags.
fn modernize(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(modernize),
        Value::Object(fields) => {
            fields.values_mut().for_each(modernize);
            for (flag, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
                if fields.get(flag) == Some(&Value::Bool(true)) {
                    let bound = fields.remove(limit).unwrap_or_default();
                    fields.insert(flag.to_owned(), bound);
                }
            }
            if fields.remove("nullable") == Some(Value::Bool(true)) {
                let schema = std::mem::take(fields);
                fields.insert("anyOf".to_owned(), json!([schema, { "type": "null" }]));
            }
        }
        _ => {}
    }
}
