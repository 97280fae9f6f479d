//! The description of the interface, and whether what is asked and answered follows it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
};

use axum::http::HeaderMap;
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};
use server::{modules, rest};

use super::Answer;

/// A request as far as the description speaks of it.
pub struct Asked<'a> {
    pub method: &'a str,
    /// With its query.
    pub address: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a str,
}

struct Contract {
    document: Value,
    /// Made at first need, by where the schema stands in the document.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// Fails the test where an answer of the interface is not one that its description has, and where a request was
/// accepted that it does not have.
pub fn check(asked: &Asked, answer: &Answer) {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    // Of a body that is only asked about nothing comes.
    if !asked.address.starts_with("/api/v1/") || asked.method == "HEAD" {
        return;
    }
    let contract = CONTRACT.get_or_init(Contract::read);
    if let Err(why) = contract.follow(asked, answer) {
        let Asked { method, address, body, .. } = asked;
        let told = String::from_utf8_lossy(&answer.body);
        panic!("{method} {address} answers {}: {why}\nasked: {body}\nanswered: {told}", answer.status);
    }
}

impl Contract {
    fn read() -> Self {
        let document = rest::openapi(&modules::registry().unwrap()).parse().unwrap();
        Self { document, validators: Mutex::default() }
    }

    fn follow(&self, asked: &Asked, answer: &Answer) -> Result<(), String> {
        let path = asked.address.split('?').next().unwrap_or_default();
        let Some(template) = self.template(path) else {
            return self.is_problem(404, answer);
        };
        let place = pointer(&["paths", template, &asked.method.to_lowercase()]);
        if self.at(&place).is_null() {
            return self.is_problem(405, answer);
        }
        let status = answer.status.as_u16();
        let described = self.resolved(&format!("{place}/responses/{status}"));
        if self.at(&described).is_null() {
            return Err("this status is not described".to_owned());
        }
        self.has_headers(&described, &answer.headers)?;
        self.has_content(&described, answer)?;
        if answer.status.is_success() { self.was_asked(&place, asked) } else { Ok(()) }
    }

    /// The path in the description that a path follows: of several the one with fewer parameters.
    fn template(&self, path: &str) -> Option<&str> {
        let fits = |template: &str| {
            let mut parts = path.split('/');
            let fits = template.split('/').all(|wanted| {
                parts.next().is_some_and(|part| if wanted.starts_with('{') { !part.is_empty() } else { part == wanted })
            });
            fits && parts.next().is_none()
        };
        let paths = self.document["paths"].as_object().unwrap().keys().map(String::as_str);
        paths.filter(|template| fits(template)).min_by_key(|template| template.matches('{').count())
    }

    fn at(&self, place: &str) -> &Value {
        self.document.pointer(place).unwrap_or(&Value::Null)
    }

    /// Where a link at this place leads, or the place itself.
    fn resolved(&self, place: &str) -> String {
        self.at(place)["$ref"].as_str().map_or_else(|| place.to_owned(), |link| link[1..].to_owned())
    }

    fn is_problem(&self, status: u16, answer: &Answer) -> Result<(), String> {
        if answer.status != status {
            return Err(format!("it is not described, so this would be {status}"));
        }
        let described = format!("/components/responses/Problem{status}");
        self.has_headers(&described, &answer.headers)?;
        self.has_content(&described, answer)
    }

    fn has_headers(&self, described: &str, headers: &HeaderMap) -> Result<(), String> {
        for name in self.at(described)["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
            let header = self.resolved(&format!("{described}{}", pointer(&["headers", name])));
            match headers.get(name).map(|value| value.to_str().unwrap()) {
                Some(text) => {
                    let value = text.parse::<u64>().map_or_else(|_| json!(text), |number| json!(number));
                    self.fits(&format!("{header}/schema"), &value).map_err(|why| format!("{name}: {why}"))?;
                }
                None if self.at(&header)["required"] == true => return Err(format!("{name} is missing")),
                None => {}
            }
        }
        Ok(())
    }

    /// What is compressed is another test's.
    fn has_content(&self, described: &str, answer: &Answer) -> Result<(), String> {
        let Some(content) = self.at(described)["content"].as_object() else {
            return if answer.body.is_empty() {
                Ok(())
            } else {
                Err("there is a body, but none is described".to_owned())
            };
        };
        let kind = answer.header("content-type").split(';').next().unwrap_or_default();
        let Some(media) = content.get(kind) else {
            return Err(format!("a body of the type `{kind}` is not described"));
        };
        if media["schema"].is_null() || answer.headers.contains_key("content-encoding") {
            return Ok(());
        }
        let body = serde_json::from_slice(&answer.body).map_err(|e| format!("the body is not JSON: {e}"))?;
        self.fits(&format!("{described}{}", pointer(&["content", kind, "schema"])), &body)
    }

    /// Whether the body that was accepted is one that the description has.
    fn was_asked(&self, operation: &str, asked: &Asked) -> Result<(), String> {
        let is_json = asked.headers.iter().any(|(name, value)| *name == "content-type" && value.ends_with("json"));
        if !is_json || asked.body.is_empty() {
            return Ok(());
        }
        let body: Value = asked.body.parse().map_err(|e| format!("what was accepted is not JSON: {e}"))?;
        let place = format!("{operation}/requestBody{}", pointer(&["content", "application/json", "schema"]));
        match self.at(&place) {
            // Nobody reads it.
            Value::Null => Ok(()),
            _ => self.fits(&place, &body).map_err(|why| format!("what was accepted is not described: {why}")),
        }
    }

    fn fits(&self, schema: &str, value: &Value) -> Result<(), String> {
        let validator = self.validator(schema);
        let errors: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{error} at `{}`", error.instance_path())).collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
    }

    fn validator(&self, place: &str) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let validator = validators.entry(place.to_owned()).or_insert_with(|| {
            let mut schema = self.at(place).clone();
            // Links in it lead to where they do in the whole document.
            schema["components"] = json!({ "schemas": self.document["components"]["schemas"] });
            let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
            Arc::new(options.build(&schema).unwrap())
        });
        validator.clone()
    }
}

/// RFC 6901.
fn pointer(parts: &[&str]) -> String {
    parts.iter().flat_map(|part| ["/".to_owned(), part.replace('~', "~0").replace('/', "~1")]).collect()
}

#[test]
fn what_is_not_described_is_found() {
    let contract = Contract::read();
    let follow = |method, address, status: u16, headers: &[(&'static str, &str)], body: &Value| {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let answer = Answer {
            status: status.try_into().unwrap(),
            headers: std::iter::once(("content-type".parse().unwrap(), "application/json".parse().unwrap()))
                .chain(headers)
                .collect(),
            body: body.to_string().into(),
        };
        let asked = [("content-type", "application/json")];
        let asked = Asked { method, address, headers: &asked, body: r#"{ "nmae": "Acme" }"# };
        contract.follow(&asked, &answer).map_or_else(|why| why, |()| String::new())
    };
    let id = "01a1fa23-e33d-79f3-b1e1-577117dbe834";
    let company = format!("/api/v1/companies/{id}/");
    let tag = [("etag", "\"7\"")];
    let good = json!({ "id": id, "version": 7, "created_at": "2026-03-31T09:30:00.000000Z" });
    assert_eq!(follow("GET", &company, 200, &tag, &good), "");
    let wrong = |changes: Value| {
        let mut record = good.clone();
        record.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        follow("GET", &company, 200, &tag, &record)
    };
    assert!(wrong(json!({ "created_at": 1_796_050_391_453_806_i64 })).contains("at `/created_at`"));
    assert!(wrong(json!({ "created_at": "31 March 2026" })).contains("at `/created_at`"));
    assert!(wrong(json!({ "colour": "red" })).contains("'colour' was unexpected"));
    assert_eq!(follow("GET", &company, 200, &[], &good), "ETag is missing");
    assert!(follow("GET", &company, 200, &[("etag", "W/\"7\"")], &good).contains("ETag"));
    assert_eq!(follow("GET", &company, 202, &tag, &good), "this status is not described");
    assert!(follow("GET", "/api/v1/wonders/", 200, &[], &good).contains("would be 404"));
    assert!(follow("PUT", &company, 200, &tag, &good).contains("would be 405"));
    assert!(
        follow("GET", "/api/v1/backups/x/download/", 200, &[], &good).contains("`application/json` is not described")
    );
    let made = [("etag", "\"1\""), ("location", company.as_str())];
    assert!(follow("POST", "/api/v1/companies/", 201, &made, &good).contains("what was accepted is not described"));
}
