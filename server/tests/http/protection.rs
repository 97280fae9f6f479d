use super::{api::world::World, support::Service};

#[tokio::test]
async fn every_answer_carries_the_protecting_headers() {
    let service = Service::start_with(&[("MAINSTAY_PUBLIC_URL", "https://crm.example")]).await;
    for path in ["/", "/healthz/", "/api/v1/nothing/", "/pkg/nothing.js"] {
        let answer = service.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000; includeSubDomains", "{path}");
        let policy = answer.header("content-security-policy");
        for part in ["'strict-dynamic'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.split("style-src-attr").next().unwrap().contains("unsafe-inline"), "{policy}");
    }
}

#[tokio::test]
async fn without_https_the_browser_is_not_told_to_insist_on_it() {
    assert_eq!(Service::start().await.get("/").await.header("strict-transport-security"), "");
}

#[tokio::test]
async fn a_harmless_request_id_comes_back_and_another_is_replaced() {
    let service = Service::start().await;
    let id_for = async |sent| {
        service.ask("GET", "/healthz/", &[("x-request-id", sent)], "").await.header("x-request-id").to_owned()
    };
    assert_eq!(id_for("order-7.retry_2").await, "order-7.retry_2");
    for sent in ["", "two words", "{\"level\":\"error\"}", &"x".repeat(65)] {
        let id = id_for(sent).await;
        assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{sent}: {id}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_cannot_write() {
    let service = Service::start().await;
    let cookie = ("cookie", "session=1");
    let foreign: [&[(&str, &str)]; 3] =
        [&[cookie, ("sec-fetch-site", "cross-site")], &[cookie, ("origin", "https://evil.example")], &[cookie]];
    let one = "/api/v1/companies/01a1fa23-e33d-79f3-b1e1-577117dbe834/";
    let stand = format!("{one}standing/");
    for headers in foreign {
        for (method, path) in [("POST", "/api/v1/companies/"), ("PUT", &stand), ("PATCH", one), ("DELETE", one)] {
            let answer = service.ask(method, path, headers, "{}").await;
            assert_eq!(answer.status, 403, "{method} {headers:?}");
        }
    }
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused_before_it_is_read() {
    let service = Service::start_with(&[("MAINSTAY_MAX_UPLOAD", "3 MiB")]).await;
    let status =
        async |path, length: &'static str| service.ask("POST", path, &[("content-length", length)], "").await.status;
    assert_eq!(status("/api/v1/companies/", "2097153").await, 413);
    assert_ne!(status("/api/v1/companies/", "2097152").await, 413);
    assert_ne!(status("/api/v1/imports/", "3145728").await, 413);
    assert_eq!(status("/api/v1/imports/", "4194304").await, 413);
}

#[tokio::test]
async fn a_refused_form_goes_back_to_a_page_of_ours() {
    let world = World::new().await;
    let own = world.service.state.config.web.public_url.clone();
    for (referer, page) in [
        (format!("{own}/sign-in?next=/companies"), "/sign-in?next=/companies&"),
        ("http://other.example/sign-in".to_owned(), "/sign-in?"),
        ("http://mainstay.test/sign-in".to_owned(), "/sign-in?"),
        ("https://evil.example/companies".to_owned(), "/sign-in?"),
        (format!("{own}//evil.example/"), "/sign-in?"),
        ("nonsense".to_owned(), "/sign-in?"),
    ] {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "text/html"),
            ("sec-fetch-site", "same-origin"),
            ("host", "mainstay.test"),
            ("referer", referer.as_str()),
        ];
        let body = "email=ada%40example.com&password=wrong&next=";
        let answer = world.service.ask("POST", "/api/identity/sign-in", &headers, body).await;
        assert!(answer.header("location").starts_with(page), "{referer}: {}", answer.header("location"));
        assert!(answer.header("location").contains("__err="), "{referer}");
    }
}

#[tokio::test]
async fn over_tls_every_cookie_is_secure() {
    let world = World::with(&[("MAINSTAY_PUBLIC_URL", "https://crm.example")]).await;
    let dark = serde_json::json!({ "theme": "dark" });
    assert_eq!(world.ask("ada", "PATCH", "/api/v1/settings/preferences/me/", &[], Some(dark)).await.status, 200);
    let form = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    let body = "email=ada%40example.com&password=correct+horse+battery&next=";
    let answer = world.service.ask("POST", "/api/identity/sign-in", &form, body).await;
    let cookies: Vec<&str> = answer.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap()).collect();
    assert!(cookies.iter().any(|cookie| cookie.starts_with("theme=dark;")), "{cookies:?}");
    assert!(cookies.iter().all(|cookie| cookie.contains("; Secure")), "{cookies:?}");
}
