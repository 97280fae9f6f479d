use super::support::Service;

const JSON: (&str, &str) = ("content-type", "application/json");
const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");

#[tokio::test]
async fn a_server_function_refuses_with_the_status_that_says_why() {
    let service = Service::start().await;
    let body = r#"{"record_type":"companies","id":"01a1fa23-e33d-79f3-b1e1-577117dbe834"}"#;
    let answer = service.ask("POST", "/api/records/open", &[JSON, SAME], body).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (401, "\"Unauthenticated\""));
    let answer = service.ask("POST", "/api/records/open", &[JSON, SAME], "{").await;
    assert_eq!(answer.status, 400);
    assert!(!answer.text().contains("EOF"), "nothing internal: {}", answer.text());
}
