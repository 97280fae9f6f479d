use reqwest::header::HeaderValue;

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

#[tokio::test]
async fn monitoring_is_known_by_its_own_address_and_never_by_a_proxy_that_says_nothing_readable() {
    let local = "127.0.0.0/8";
    let service = Service::start_with(&[("MAINSTAY_MONITORING", local), ("MAINSTAY_TRUSTED_PROXIES", local)]).await;
    let url = format!("http://{}/health/", service.listen().await);
    let client = reqwest::Client::new();
    let ask = async |forwarded: Option<&[u8]>| {
        let mut request = client.get(&url);
        if let Some(forwarded) = forwarded {
            request = request.header("x-forwarded-for", HeaderValue::from_bytes(forwarded).unwrap());
        }
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(ask(None).await, 200);
    assert_eq!(ask(Some(b"127.0.0.9")).await, 200);
    for stranger in
        [&b"198.51.100.7"[..], b"198.51.100.7:4711", b"[2001:db8::7]:80", b"198.51.100.7\xff", b"unknown", b""]
    {
        assert_eq!(ask(Some(stranger)).await, 401, "{stranger:?}");
    }
}

#[tokio::test]
async fn strangers_who_cannot_be_told_apart_are_counted_together_and_apart_from_all_others() {
    let limits = [("MAINSTAY_LIMITS_ANONYMOUS", "2/min"), ("MAINSTAY_TRUSTED_PROXIES", "127.0.0.0/8")];
    let service = Service::start_with(&limits).await;
    let url = format!("http://{}/api/v1/companies/", service.listen().await);
    let client = reqwest::Client::new();
    let ask = async |forwarded: &'static str| {
        client.get(&url).header("x-forwarded-for", forwarded).send().await.unwrap().status().as_u16()
    };
    assert_eq!([ask("unknown").await, ask("nonsense").await, ask("_x").await], [401, 401, 429]);
    assert_eq!([ask("198.51.100.7:1").await, ask("198.51.100.7:2").await, ask("198.51.100.7").await], [401, 401, 429]);
    assert_eq!(ask("198.51.100.8").await, 401);
}
