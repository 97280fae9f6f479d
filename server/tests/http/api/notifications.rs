//! Who is told what, by the interface, with the workers at work.

use kernel::server::{Args, testing::until};
use records::server::{self as rows, Action, Edit};
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{HARMFUL, World, id_of, refuses};

const ME: &str = "/api/v1/settings/preferences/me/";

/// A world in which changes are read and jobs are done.
async fn busy() -> (World, tokio::sync::watch::Sender<bool>) {
    let world = World::new().await;
    let working = world.service.work();
    (world, working)
}

async fn told(world: &World, who: &str) -> Vec<Value> {
    let page = world.get(who, "/api/v1/notifications/").await.json();
    page["results"].as_array().unwrap().clone()
}

/// What somebody is told, once it is so many.
async fn told_so_many(world: &World, who: &str, many: usize) -> Vec<Value> {
    until(&format!("{who} is told {many}"), async || told(world, who).await.len() >= many).await;
    let told = told(world, who).await;
    assert_eq!(told.len(), many, "{told:?}");
    told
}

/// Waits until all that was written has been read and all jobs are done.
async fn settled(world: &World) {
    until("everything is settled", async || {
        let left = "select (select count(*) from events where noticed_at is null) + (select count(*) from jobs where \
                    queue = 'notifications' and state in ('available', 'running', 'retryable'))";
        let row = world.service.state.db().fetch_optional(left, Args::new()).await.unwrap().unwrap();
        row.get::<i64>(0).unwrap() == 0
    })
    .await;
}

async fn unread(world: &World, who: &str) -> i64 {
    world.get(who, "/api/v1/notifications/unread-count/").await.json()["unread"].as_i64().unwrap()
}

async fn company(world: &World, who: &str, name: &str) -> Uuid {
    id_of(&world.create(who, "companies", json!({ "name": name })).await)
}

async fn edit(world: &World, who: &str, company: Uuid, set: Value) {
    let answer = world.patch(who, &format!("/api/v1/companies/{company}/"), "*", set).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn stand(world: &World, who: &str, company: Uuid, standing: &str) {
    let path = format!("/api/v1/companies/{company}/standing/");
    let answer = world.ask(who, "PUT", &path, &[], Some(json!({ "standing": standing }))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn who_is_made_the_owner_by_somebody_else_is_told_so() {
    let (world, _working) = busy().await;
    let acme = company(&world, "max", "Acme").await;
    edit(&world, "max", acme, json!({ "owner": world.id("rita") })).await;
    let told = told_so_many(&world, "rita", 1).await;
    assert_eq!(told[0]["kind"], "assigned");
    assert_eq!(told[0]["title"], "max made Acme yours");
    assert_eq!(told[0]["link"], format!("/companies/{acme}"));
    assert_eq!(told[0]["about"], json!({ "record_type": "companies", "id": acme }));
    assert!(told[0]["reason"].as_str().unwrap().starts_with("You get this because"));
    assert_eq!(unread(&world, "rita").await, 1);
    let id = told[0]["id"].as_str().unwrap();
    let read = world.post("rita", &format!("/api/v1/notifications/{id}/read/"), json!({})).await;
    assert_eq!((read.status.as_u16(), read.json()), (200, json!({ "unread": 0 })));
    let unread_again = world.post("rita", &format!("/api/v1/notifications/{id}/unread/"), json!({})).await;
    assert_eq!(unread_again.json(), json!({ "unread": 1 }));
    refuses(&world.post("tom", &format!("/api/v1/notifications/{id}/read/"), json!({})).await, 404);
    settled(&world).await;
    assert_eq!(
        world.get("max", "/api/v1/notifications/").await.json()["results"],
        json!([]),
        "one's own doing is no news"
    );
}

#[tokio::test]
async fn who_makes_a_record_their_own_is_not_told_by_the_program_what_they_did() {
    let (world, _working) = busy().await;
    let acme = company(&world, "rita", "Acme").await;
    edit(&world, "rita", acme, json!({ "sector": "Energy" })).await;
    settled(&world).await;
    assert_eq!(world.rows("notifications").await, 0);
}

#[tokio::test]
async fn owners_and_followers_hear_of_changes_and_who_muted_the_record_does_not() {
    let (world, _working) = busy().await;
    let acme = company(&world, "rita", "Acme").await;
    stand(&world, "tom", acme, "following").await;
    stand(&world, "vera", acme, "following").await;
    stand(&world, "vera", acme, "muted").await;
    edit(&world, "max", acme, json!({ "sector": "Energy", "employees": 3 })).await;
    for who in ["rita", "tom"] {
        let told = told_so_many(&world, who, 1).await;
        assert_eq!((&told[0]["kind"], &told[0]["title"]), (&json!("followed_changed"), &json!("max changed Acme")));
        assert!(told[0]["message"].as_str().unwrap().contains("Sector"), "{}", told[0]);
    }
    let answer = world.delete("max", &format!("/api/v1/companies/{acme}/"), "*").await;
    assert_eq!(answer.status, 204);
    assert_eq!(told_so_many(&world, "tom", 2).await[0]["title"], "max deleted Acme");
    stand(&world, "tom", acme, "none").await;
    world.post("max", &format!("/api/v1/companies/{acme}/restore/"), json!({})).await;
    told_so_many(&world, "rita", 3).await;
    settled(&world).await;
    assert_eq!((told(&world, "tom").await.len(), told(&world, "vera").await.len()), (2, 0));
}

#[tokio::test]
async fn many_records_made_somebodys_at_once_are_one_piece_of_news() {
    let (world, _working) = busy().await;
    let ids: Vec<Value> = {
        let mut ids = vec![];
        for n in 0..12 {
            ids.push(json!(company(&world, "max", &format!("Acme {n}")).await));
        }
        ids
    };
    let bulk = json!({ "ids": ids, "assign": world.id("rita") });
    assert_eq!(world.post("max", "/api/v1/companies/bulk/", bulk).await.status, 200);
    let told = told_so_many(&world, "rita", 1).await;
    assert_eq!(told[0]["title"], "max made 12 companies yours");
    assert_eq!(told[0]["about"], Value::Null);
    let link = told[0]["link"].as_str().unwrap();
    let listed = world.get("rita", &format!("/api/v1{}", link.replacen('?', "/?", 1))).await.json();
    assert_eq!(listed["count"], 12, "{link}");
    let bulk = json!({ "ids": ids, "set": { "sector": "Energy" } });
    world.post("max", "/api/v1/companies/bulk/", bulk).await;
    let told = told_so_many(&world, "rita", 2).await;
    assert_eq!(told[0]["title"], "max changed 12 companies of yours");
}

#[tokio::test]
async fn a_record_changed_twice_at_once_is_told_of_once_wherever_it_stands_among_many() {
    let world = World::new().await;
    let ctx = world.service.state.identity.system();
    let permit = |action| ctx.permit_any("companies", action).unwrap();
    let field = |name| permit(Action::Edit).entry().ty.field(name).unwrap().0;
    // One more than are read at a time, so that the last but one of them has changes on both sides of it.
    let edits = (0..1_001).map(|n| Edit::Create {
        id: None,
        set: vec![
            (field("name"), records::Value::Text(format!("Acme {n}"))),
            (field("owner"), records::Value::Id(world.id("rita"))),
        ],
    });
    let made = rows::write(&ctx, &permit(Action::Create), edits.collect(), "sample", "Made").await.unwrap();
    let mut ids: Vec<Uuid> = made.steps.iter().map(|step| step.id).collect();
    ids.sort_unstable();
    let mut work = ctx.begin().await.unwrap();
    let set = rows::open(&ctx, &mut work, "edit", "Edited", None).await.unwrap();
    let edit = |id, set| Edit::Set { id, version: None, set: vec![set] };
    let first = ids.iter().map(|id| edit(*id, (field("employees"), records::Value::Int(5)))).collect();
    rows::write_in(&ctx, &mut work, set, &permit(Action::Edit), first).await.unwrap();
    let second = vec![edit(ids[999], (field("owner"), records::Value::Id(world.id("tom"))))];
    rows::write_in(&ctx, &mut work, set, &permit(Action::Edit), second).await.unwrap();
    rows::close(&ctx, &mut work, set, 1_001).await.unwrap();
    work.commit().await.unwrap();

    let _working = world.service.work();
    let title = |told: &[Value]| told[0]["title"].as_str().unwrap().to_owned();
    assert!(title(&told_so_many(&world, "tom", 1).await).ends_with(" yours"), "and not that it was changed as well");
    assert!(title(&told_so_many(&world, "rita", 1).await).ends_with("changed 1000 companies of yours"));
}

#[tokio::test]
async fn who_may_not_see_a_record_is_not_told_of_it_then_or_later() {
    let (world, _working) = busy().await;
    let acme = company(&world, "rita", "Acme").await;
    stand(&world, "tom", acme, "following").await;
    refuses(
        &world
            .ask(
                "sam",
                "PUT",
                &format!("/api/v1/companies/{acme}/standing/"),
                &[],
                Some(json!({ "standing": "following" })),
            )
            .await,
        404,
    );
    edit(&world, "max", acme, json!({ "sector": "Energy" })).await;
    told_so_many(&world, "tom", 1).await;
    assert_eq!(unread(&world, "tom").await, 1);
    // It goes to the other team: what tom was told is his no more, and what happens from here on either.
    edit(&world, "ada", acme, json!({ "owner": world.id("sam") })).await;
    told_so_many(&world, "sam", 1).await;
    edit(&world, "ada", acme, json!({ "sector": "Food" })).await;
    told_so_many(&world, "sam", 2).await;
    settled(&world).await;
    assert_eq!((told(&world, "tom").await, unread(&world, "tom").await), (vec![], 0));
}

#[tokio::test]
async fn each_kind_goes_on_the_channels_its_reader_chose() {
    let (world, _working) = busy().await;
    let choose = async |who: &str, modes: Value| {
        let body = json!({ "notifications": { "assigned": modes } });
        let answer = world.ask(who, "PATCH", ME, &[], Some(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["notifications"]["assigned"].clone()
    };
    let all = choose("rita", json!({ "email": "daily", "sms": "at_once" })).await;
    assert_eq!(all, json!({ "in_app": "at_once", "email": "daily", "push": "at_once", "sms": "at_once" }));
    choose("tom", json!({ "in_app": "off", "email": "weekly" })).await;
    choose("vera", json!({ "in_app": "off", "email": "off" })).await;
    for who in ["rita", "tom", "vera"] {
        let acme = company(&world, "ada", &format!("Acme for {who}")).await;
        edit(&world, "ada", acme, json!({ "owner": world.id(who) })).await;
    }
    settled(&world).await;
    until("everybody is told", async || world.rows("notifications").await == 2).await;
    assert_eq!((told(&world, "rita").await.len(), told(&world, "tom").await.len()), (1, 0));
    let sql = "select d.channel, d.mode from deliveries d where d.user_id = $1 order by d.channel";
    let ways = async |who: &str| {
        let rows = world.service.state.db().fetch_all(sql, vec![world.id(who).into()]).await.unwrap();
        let text = |row: &kernel::server::Row, i| row.get::<String>(i).unwrap();
        rows.iter().map(|row| format!("{} {}", text(row, 0), text(row, 1))).collect::<Vec<_>>()
    };
    assert_eq!(ways("rita").await, ["email daily", "sms at_once"]);
    assert_eq!(ways("tom").await, ["email weekly"]);
    assert_eq!(ways("vera").await, [""; 0]);
    for wrong in [
        json!({ "assigned": { "sms": "daily" } }),
        json!({ "assigned": { "pigeon": "off" } }),
        json!({ "unheard": { "email": "off" } }),
        json!({ "assigned": "off" }),
        json!([]),
    ] {
        let answer =
            world.ask("rita", "PATCH", ME, &[], Some(json!({ "notifications": wrong, "theme": "dark" }))).await;
        refuses(&answer, 422);
    }
    assert_eq!(world.get("rita", ME).await.json()["theme"], "system");
}

#[tokio::test]
async fn what_is_put_off_leaves_the_list_and_comes_back_unread() {
    let (world, _working) = busy().await;
    let acme = company(&world, "max", "Acme").await;
    edit(&world, "max", acme, json!({ "owner": world.id("rita") })).await;
    let told_now = told_so_many(&world, "rita", 1).await;
    let path = format!("/api/v1/notifications/{}/snooze/", told_now[0]["id"].as_str().unwrap());
    refuses(&world.post("rita", &path, json!({ "until": "doomsday" })).await, 422);
    refuses(&world.post("tom", &path, json!({ "until": "hour" })).await, 404);
    let answer = world.post("rita", &path, json!({ "until": "tomorrow" })).await;
    assert_eq!(answer.json(), json!({ "unread": 0 }), "{}", answer.text());
    assert!(told(&world, "rita").await.is_empty());
    let off = world.get("rita", "/api/v1/notifications/?snoozed=true").await.json();
    assert_eq!(off["results"].as_array().unwrap().len(), 1);
    // Tomorrow comes.
    let mut tx = world.service.state.db().begin().await.unwrap();
    tx.execute("update notifications set snoozed_until = created_at", Args::new()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((told(&world, "rita").await.len(), unread(&world, "rita").await), (1, 1));
}

#[tokio::test]
async fn the_count_is_right_after_many_are_read_at_once() {
    let (world, _working) = busy().await;
    for n in 0..9 {
        let acme = company(&world, "max", &format!("Acme {n}")).await;
        edit(&world, "max", acme, json!({ "owner": world.id("rita") })).await;
    }
    let all = told_so_many(&world, "rita", 9).await;
    assert_eq!(unread(&world, "rita").await, 9);
    let world = std::sync::Arc::new(world);
    let reading = all.iter().take(6).map(|one| {
        let (world, path) = (world.clone(), format!("/api/v1/notifications/{}/read/", one["id"].as_str().unwrap()));
        tokio::spawn(async move { world.post("rita", &path, json!({})).await.status })
    });
    for status in reading.collect::<Vec<_>>() {
        assert_eq!(status.await.unwrap(), 200);
    }
    assert_eq!(unread(&world, "rita").await, 3);
    let page = world.get("rita", "/api/v1/notifications/?unread=true&page_size=2").await.json();
    assert_eq!(page["results"].as_array().unwrap().len(), 2);
    let rest = world.get("rita", page["next"].as_str().unwrap()).await.json();
    assert_eq!((rest["results"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    assert_eq!(world.post("rita", "/api/v1/notifications/read-all/", json!({})).await.json(), json!({ "unread": 0 }));
    assert_eq!(unread(&world, "rita").await, 0);
}

#[tokio::test]
async fn a_title_that_would_do_harm_is_shown_as_text() {
    let (world, _working) = busy().await;
    let acme = company(&world, "max", &format!("{HARMFUL}\u{202e}")).await;
    edit(&world, "max", acme, json!({ "owner": world.id("rita") })).await;
    let told = told_so_many(&world, "rita", 1).await;
    let title = told[0]["title"].as_str().unwrap();
    assert!(title.contains(HARMFUL) && !title.contains('\u{202e}'), "{title}");
    let cookie = world.sign_in("rita").await;
    let page = world.service.ask("GET", "/notifications", &[("cookie", &cookie)], "").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("&lt;script&gt;") && !page.text().contains("<script>alert"));
}

#[tokio::test]
async fn a_sign_in_from_a_new_device_is_told_and_one_from_a_known_one_is_not() {
    let (world, _working) = busy().await;
    let sign_in = async |agent: &str| {
        let body = json!({ "email": "rita@example.com", "password": "correct horse battery" }).to_string();
        let headers = [("content-type", "application/json"), ("user-agent", agent)];
        assert_eq!(world.service.ask("POST", "/api/v1/auth/login/", &headers, &body).await.status, 200);
    };
    // Her first sign-in, of which nobody had to be told, said no name.
    assert_eq!(world.rows("jobs").await, 0);
    sign_in("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/128.0").await;
    let told = told_so_many(&world, "rita", 1).await;
    assert_eq!((&told[0]["kind"], &told[0]["priority"]), (&json!("new_device"), &json!("high")));
    assert!(told[0]["message"].as_str().unwrap().contains("Firefox on Windows"), "{}", told[0]);
    sign_in("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/129.0").await;
    settled(&world).await;
    assert_eq!(told_so_many(&world, "rita", 1).await.len(), 1);
}

#[tokio::test]
async fn deliveries_are_administrators_to_see_and_to_try_again() {
    let (world, _working) = busy().await;
    let body = json!({ "notifications": { "assigned": { "sms": "at_once", "email": "off" } } });
    world.ask("rita", "PATCH", ME, &[], Some(body)).await;
    let acme = company(&world, "max", "Acme").await;
    edit(&world, "max", acme, json!({ "owner": world.id("rita") })).await;
    let listed = async || world.get("ada", "/api/v1/deliveries/?channel=sms").await.json()["results"].clone();
    until("the text message is not sent", async || listed().await[0]["state"] == "skipped").await;
    let delivery = listed().await[0].clone();
    assert_eq!((&delivery["user"], &delivery["kind"]), (&json!("rita"), &json!("Assigned to me")));
    assert!(delivery["detail"].is_string());
    let retry = format!("/api/v1/deliveries/{}/retry/", delivery["id"].as_str().unwrap());
    refuses(&world.post("rita", &retry, json!({})).await, 403);
    refuses(&world.get("rita", "/api/v1/deliveries/").await, 403);
    assert_eq!(world.post("ada", &retry, json!({})).await.status, 202);
    let all = "/api/v1/deliveries/retry-all/";
    refuses(&world.post("rita", all, json!({})).await, 403);
    refuses(&world.post("ada", &format!("{all}?channel=pigeon"), json!({})).await, 400);
    let answer = world.post("ada", &format!("{all}?channel=sms"), json!({})).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()),
        (202, json!({ "retried": 0 })),
        "what was not sent did not fail"
    );
    until("it was tried again", async || listed().await[0]["ended_at"] != delivery["ended_at"]).await;
    refuses(&world.get("ada", "/api/v1/deliveries/?state=lost").await, 400);
}
