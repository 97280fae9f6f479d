use super::support::Service;

#[tokio::test]
async fn a_load_balancer_learns_that_the_database_answers() {
    let service = Service::start().await;
    for path in ["/healthz/", "/healthz"] {
        let answer = service.get(path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json(), serde_json::json!({ "status": "ok" }));
    }
}

#[tokio::test]
async fn details_are_not_for_strangers() {
    let answer = Service::start().await.get("/health/").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(!answer.text().contains("sqlite"));
}
