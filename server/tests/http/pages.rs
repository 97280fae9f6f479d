use serde_json::json;

use super::{api::world::World, support::Service};

#[tokio::test]
async fn the_sign_in_page_is_painted_by_the_server() {
    let answer = Service::start().await.get("/sign-in").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().starts_with("<!DOCTYPE html>") && answer.text().contains("<h1"));
}

#[tokio::test]
async fn every_script_of_a_page_carries_the_nonce_of_its_policy() {
    let service = Service::start().await;
    let (first, second) = (service.get("/").await, service.get("/").await);
    let nonce = |policy: &str| policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    let of_first = nonce(first.header("content-security-policy"));
    assert_ne!(of_first, nonce(second.header("content-security-policy")));
    let scripts: Vec<_> = first.text().match_indices("<script").map(|(at, _)| &first.text()[at..]).collect();
    assert!(!scripts.is_empty());
    for script in scripts {
        let tag = script.split('>').next().unwrap();
        assert!(tag.contains(&format!("nonce=\"{of_first}\"")), "{tag}");
    }
}

#[tokio::test]
async fn nothing_but_styles_and_fonts_is_fetched_beside_a_page() {
    let page = Service::start().await.get("/sign-in").await;
    let (before, rest) = page.text().split_once("<template id=\"soon\">").unwrap();
    let (soon, after) = rest.split_once("</template>").unwrap();
    assert!(soon.contains("rel=\"modulepreload\"") && soon.contains(".wasm\""), "{soon}");
    let asks = |html: &str| html.contains("modulepreload") || html.contains("as=\"fetch\"");
    assert!(!asks(before) && !asks(after), "the program comes after the paint");
    assert!(after.contains("getElementById('soon')"), "what the template holds is put to use");
}

#[tokio::test]
async fn a_list_is_read_once_for_its_page_and_painted_with_its_totals() {
    let world = World::new().await;
    world.create("rita", "companies", json!({ "name": "Nordwind Reederei", "employees": 1_234 })).await;
    let cookie = world.sign_in("rita").await;
    let page = world.service.ask("GET", "/companies", &[("cookie", &cookie)], "").await;
    let (painted, read) = page.text().split_once("__RESOLVED_RESOURCES").unwrap();
    assert!(painted.contains("Nordwind Reederei") && painted.contains("Average employees"), "{painted}");
    // The row's title and its cell.
    assert_eq!(read.matches("Nordwind Reederei").count(), 2, "{read}");
}

#[tokio::test]
async fn what_is_not_there_is_a_page_for_people_and_a_problem_for_scripts() {
    let service = Service::start().await;
    let page = service.get("/there/is/no/such/page").await;
    assert_eq!(page.status, 404);
    assert!(page.header("content-type").starts_with("text/html"));
    for path in ["/api/v1/nothing/", "/api/v1/nothing", "/api/nothing", "/api/companies/edit", "/api/x/y/z", "/api/"] {
        let problem = service.get(path).await;
        assert_eq!(problem.status, 404, "{path}");
        assert_eq!(problem.header("content-type"), "application/problem+json", "{path}");
        assert_eq!(problem.json()["status"], 404, "{path}");
    }
}
