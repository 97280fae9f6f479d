use super::{api::world::World, support::Service};

#[tokio::test]
async fn a_load_balancer_learns_that_the_database_answers() {
    let service = Service::start_with(&[("MAINSTAY_LIMITS_ANONYMOUS", "1/min")]).await;
    for path in ["/healthz/", "/healthz", "/api/v1/healthz/", "/api/v1/healthz"] {
        let answer = service.get(path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json(), serde_json::json!({ "status": "ok" }));
    }
}

#[tokio::test]
async fn details_are_for_administrators_however_often_they_ask() {
    let world = World::with(&[("MAINSTAY_LIMITS_API", "2/min"), ("MAINSTAY_LIMITS_ANONYMOUS", "1/min")]).await;
    for path in ["/health/", "/health", "/api/v1/health/", "/api/v1/health"] {
        for (who, status) in [("nobody", 401), ("max", 403), ("ada", 200)] {
            let answer = world.get(who, path).await;
            assert_eq!((answer.status.as_u16(), answer.header("ratelimit-limit")), (status, ""), "{who} {path}");
            assert_eq!(answer.text().contains("database"), status == 200, "{who} {path}");
        }
    }
}
