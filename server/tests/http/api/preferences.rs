//! What each person prefers, by the interface.

use serde_json::{Value, json};

use super::world::{World, refuses};

const ME: &str = "/api/v1/settings/preferences/me/";

#[tokio::test]
async fn who_chose_nothing_has_the_defaults() {
    let world = World::new().await;
    let preferences = world.get("gus", "/api/v1/settings/preferences/").await.json();
    assert_eq!(preferences["theme"], "system");
    assert_eq!(preferences["compact_mode"], false);
    assert_eq!(preferences["auto_refresh_interval"], Value::Null);
    assert_eq!(preferences["start_page"], "/");
    assert_eq!(preferences["single_key_shortcuts"], true);
    assert_eq!(world.rows("preferences").await, 0);
}

#[tokio::test]
async fn what_is_changed_is_ones_own_and_the_rest_stays() {
    let world = World::new().await;
    let answer = world.ask("rita", "PATCH", ME, &[], Some(json!({ "theme": "dark", "compact_mode": true }))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let more = json!({
        "auto_refresh_interval": 15, "date_format": "DD.MM.YYYY", "number_format": "1'234.56", "time_zone": "asia/tokyo",
        "start_page": "/companies?sort=-name", "single_key_shortcuts": false, "sms_phone": "+41 44 668 18 00",
        "quiet_hours": { "from": "22:00", "until": "06:30" },
    });
    let changed = world.ask("rita", "PATCH", ME, &[], Some(more)).await.json();
    assert_eq!((&changed["theme"], &changed["density"]), (&json!("dark"), &json!("compact")));
    assert_eq!((&changed["time_zone"], &changed["sms_phone"]), (&json!("Asia/Tokyo"), &json!("+41446681800")));
    assert_eq!(changed["quiet_hours"], json!({ "from": "22:00", "until": "06:30" }));
    assert_eq!(changed["single_key_shortcuts"], false);
    assert_eq!(world.get("rita", ME).await.json(), changed);
    assert_eq!(world.get("tom", ME).await.json()["theme"], "system");
    let cleared = json!({ "quiet_hours": null, "compact_mode": false, "time_zone": null, "auto_refresh_interval": 0 });
    let cleared = world.ask("rita", "PATCH", ME, &[], Some(cleared)).await.json();
    assert_eq!((&cleared["quiet_hours"], &cleared["density"]), (&Value::Null, &json!("default")));
    assert_eq!((&cleared["time_zone"], &cleared["auto_refresh_interval"]), (&Value::Null, &json!(0)));
}

#[tokio::test]
async fn a_wrong_value_is_refused_by_name_and_nothing_is_changed() {
    let world = World::new().await;
    for (name, value) in [
        ("theme", json!("pink")),
        ("theme", json!(1)),
        ("compact_mode", json!("yes")),
        ("auto_refresh_interval", json!(1)),
        ("auto_refresh_interval", json!(3_601)),
        ("auto_refresh_interval", json!(-1)),
        ("date_format", json!("DD-MM")),
        ("time_zone", json!("Mars/Olympus")),
        ("start_page", json!("//evil.example")),
        ("single_key_shortcuts", json!("no")),
        ("start_page", json!("https://evil.example")),
        ("start_page", json!("/\\evil.example")),
        ("sms_phone", json!("12")),
        ("quiet_hours", json!({ "from": "22:00" })),
        ("quiet_hours", json!({ "from": "22:00", "until": "25:00" })),
        ("quiet_hours", json!({ "from": "22:00", "until": "22:00" })),
    ] {
        let answer = world.ask("rita", "PATCH", ME, &[], Some(json!({ name: value, "density": "compact" }))).await;
        let problem = refuses(&answer, 422);
        assert!(problem["errors"][name][0].is_string(), "{name}: {problem}");
        assert_eq!(world.rows("preferences").await, 0, "{name}");
    }
    let answer = world.ask("rita", "PATCH", ME, &[], Some(json!({ "colour": "red" }))).await;
    assert!(refuses(&answer, 400)["detail"].as_str().unwrap().contains("colour"));
}

#[tokio::test]
async fn preferences_and_channels_are_changed_together_or_not_at_all() {
    let world = World::new().await;
    // What is written second cannot be.
    let mut tx = world.service.state.db().begin().await.unwrap();
    tx.execute("drop table notification_channels", vec![]).await.unwrap();
    tx.commit().await.unwrap();
    let changes = json!({ "theme": "dark", "notifications": { "assigned": { "email": "off" } } });
    assert_eq!(world.ask("rita", "PATCH", ME, &[], Some(changes)).await.status, 500);
    assert_eq!(world.rows("preferences").await, 0);
}

#[tokio::test]
async fn signing_in_leads_to_the_start_page_and_brings_the_look() {
    let world = World::new().await;
    let changes = json!({ "theme": "dark", "compact_mode": true, "start_page": "/companies" });
    world.ask("rita", "PATCH", ME, &[], Some(changes)).await;
    let sign_in = async |who: &str, next: &str| {
        let form = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "text/html"),
        ];
        let body = format!("email={who}%40example.com&password=correct+horse+battery&next={next}");
        let answer = world.service.ask("POST", "/api/identity/sign-in", &form, &body).await;
        let cookies = answer.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap().to_owned());
        (answer.header("location").to_owned(), cookies.collect::<Vec<_>>())
    };
    let (place, cookies) = sign_in("rita", "%2F").await;
    assert_eq!(place, "/companies");
    let has = |cookies: &[String], start: &str| cookies.iter().any(|cookie| cookie.starts_with(start));
    assert!(has(&cookies, "theme=dark;") && has(&cookies, "density=compact;") && has(&cookies, "look="), "{cookies:?}");
    assert_eq!(sign_in("rita", "%2Fcontacts").await.0, "/contacts", "who was going somewhere gets there");
    let (place, cookies) = sign_in("tom", "%2F").await;
    assert_eq!(
        (place.as_str(), has(&cookies, "theme=")),
        ("/", false),
        "nothing was chosen: the browser keeps its own"
    );
}

#[tokio::test]
async fn a_page_is_painted_in_the_viewers_zone_and_formats() {
    let world = World::new().await;
    let company = world
        .create("rita", "companies", json!({ "name": "Acme", "employees": 1_234_567, "listed_since": "2016-10-20" }))
        .await;
    let path = format!("/companies/{}", super::world::id_of(&company));
    let cookie = world.sign_in("rita").await;
    let page = async || world.service.ask("GET", &path, &[("cookie", &cookie)], "").await.text().to_owned();
    let usual = page().await;
    assert!(usual.contains("1,234,567") && usual.contains("20 Oct 2016"));
    let changes = json!({ "number_format": "1.234,56", "date_format": "YYYY-MM-DD" });
    world.ask("rita", "PATCH", ME, &[], Some(changes)).await;
    let own = page().await;
    assert!(own.contains(">1.234.567<") && own.contains(">2016-10-20<"));
    assert!(!own.contains("1,234,567") && !own.contains("20 Oct 2016"));
}
