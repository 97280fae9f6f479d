//! `/api/schema/`, `/api/docs/` and `/api/redoc/`

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::{World, refuses};

#[tokio::test]
async fn every_route_of_the_interface_is_described_with_its_methods() {
    let world = World::new().await;
    let document = world.get("gus", "/api/schema/").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let described: BTreeSet<String> = document["paths"].as_object().unwrap().iter().flat_map(operations).collect();
    let routes = world.service.routes().into_iter().filter(|(path, _)| path.starts_with("/api/v1/"));
    let there: BTreeSet<String> = routes
        .flat_map(|(path, methods)| methods.into_iter().map(move |m| format!("{m} {path}")))
        .filter(|route| !route.starts_with("HEAD"))
        .chain(["GET /health/".to_owned(), "GET /healthz/".to_owned()])
        .collect();
    assert_eq!(described, there);
    assert_eq!(server::rest::openapi(world.service.state.app.registry()).parse::<Value>().unwrap(), document);
}

fn operations((path, item): (&String, &Value)) -> Vec<String> {
    let methods = item.as_object().unwrap().keys().filter(|key| *key != "parameters");
    methods.map(|method| format!("{} {path}", method.to_uppercase())).collect()
}

#[tokio::test]
async fn a_type_is_described_by_its_declaration() {
    let world = World::new().await;
    let document = world.get("ada", "/api/schema/").await.json();
    let schemas = &document["components"]["schemas"];
    let company = &schemas["Company"]["properties"];
    assert_eq!(company["status"]["enum"][0], "prospect");
    assert_eq!(company["founded_year"]["readOnly"], true);
    assert_eq!(company["name"]["type"], "string");
    assert_eq!(company["sector"]["type"], json!(["string", "null"]));
    assert_eq!(schemas["CompanyCreate"]["required"], json!(["name"]));
    assert_eq!(schemas["CompanyEdit"]["required"], json!([]));
    assert!(schemas["CompanyCreate"]["properties"].get("founded_year").is_none());
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    for answers in document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values()) {
        let Some(answers) = answers.get("responses") else { continue };
        for status in ["401", "429", "500", "503"] {
            assert!(answers[status].is_object(), "{answers}");
        }
    }
}

#[tokio::test]
async fn every_link_within_the_description_leads_somewhere() {
    let world = World::new().await;
    let document = world.get("ada", "/api/schema/").await.json();
    let text = document.to_string();
    for link in text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document.pointer(link).is_some(), "{link}");
    }
}

#[tokio::test]
async fn the_pages_load_nothing_from_elsewhere() {
    let world = World::new().await;
    for path in ["/api/docs/", "/api/redoc/"] {
        let led = world.get("nobody", path).await;
        assert_eq!((led.status.as_u16(), led.header("location")), (303, format!("/sign-in?next={path}").as_str()));
        let page = world.get("gus", path).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
        let policy = page.header("content-security-policy");
        assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!page.text().contains("http://") && !page.text().contains("https://"));
        for source in page.text().split("src=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let file = if source.starts_with('/') { source.to_owned() } else { format!("{path}{}", &source[2..]) };
            let script = world.get("gus", &file).await;
            assert_eq!(script.status, 200, "{file}");
            assert!(script.header("content-type").starts_with("text/javascript"), "{}", script.header("content-type"));
            refuses(&world.get("nobody", &file).await, 401);
        }
    }
    let setup = world.get("gus", "/api/docs/swagger-initializer.js").await;
    assert!(setup.text().contains("\"/api/schema/\"") && setup.text().contains("\"validatorUrl\": \"none\""));
    refuses(&world.get("gus", "/api/docs/oauth2-redirect.html").await, 404);
    refuses(&world.get("gus", "/api/docs/..%2fsecret.key").await, 404);
}

/// Whether each object in a schema says if it may have more members than it names.
fn is_said(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => {
            let is_object = members.get("properties").is_some_and(Value::is_object) && members.contains_key("type");
            (!is_object || members.contains_key("additionalProperties")) && members.values().all(is_said)
        }
        Value::Array(items) => items.iter().all(is_said),
        _ => true,
    }
}

#[tokio::test]
async fn what_is_answered_is_described_whole() {
    let document: Value = server::rest::openapi(&server::modules::registry().unwrap()).parse().unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        assert!(is_said(schema) && schema["additionalProperties"] != true, "{name}");
    }
    for answer in ["Company", "CompanyList", "Session", "Import", "Message", "Problem", "Health"] {
        assert_eq!(schemas[answer]["additionalProperties"], false, "{answer}");
    }
}
