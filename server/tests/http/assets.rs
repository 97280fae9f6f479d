use super::support::{HASH, Service};

#[tokio::test]
async fn compiled_files_are_kept_for_a_year_and_sent_compressed() {
    let service = Service::start().await;
    let path = format!("/pkg/mainstay.{HASH}.js");
    let answer = service.get(&path).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "plain"));
    assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(answer.header("vary"), "accept-encoding");
    let answer = service.ask("GET", &path, &[("accept-encoding", "gzip, br")], "").await;
    assert_eq!((answer.header("content-encoding"), answer.text()), ("br", "brotli"));
    assert!(answer.header("content-type").starts_with("text/javascript"));
}

#[tokio::test]
async fn a_compiled_file_that_is_gone_is_not_answered_with_a_page() {
    let answer = Service::start().await.get("/pkg/mainstay.AAAAAAAAAAAAAAAAAAAAAA.js").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.text().contains('<'));
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let service = Service::start().await;
    assert_eq!(service.get("/robots.txt").await.status, 200);
    for path in ["/../secret.key", "/%2e%2e/secret.key", "/pkg/../../secret.key", "/pkg/%2e%2e%2f%2e%2e%2fsecret.key"] {
        let answer = service.get(path).await;
        assert!(!answer.text().contains(&service.secret_key()), "{path}");
    }
}

#[tokio::test]
async fn the_service_worker_is_always_the_present_one() {
    let answer = Service::start().await.get("/sw.js").await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-cache"));
    assert!(answer.header("content-type").starts_with("text/javascript"), "{}", answer.header("content-type"));
    assert!(answer.header("content-security-policy").contains("worker-src 'self'"), "pages may register it");
}
