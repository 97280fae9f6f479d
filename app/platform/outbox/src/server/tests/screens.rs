//! What administrators see and set.

use std::collections::BTreeMap;

use kernel::server::migrate::{self, MIGRATIONS, Migration};
use records::server::Grants;
use settings::{Texts, server::vault::Vault};

use super::*;

fn texts(pairs: &[(&str, &str)]) -> Texts {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

async fn save(world: &World, pairs: &[(&str, &str)]) -> Vec<String> {
    let saved = settings::server::save(&world.ctx, "mail", &texts(pairs)).await.unwrap();
    saved.err().unwrap_or_default().0.into_keys().collect()
}

#[tokio::test]
async fn the_list_counts_filters_and_searches() {
    let world = World::new().await;
    let id = world.post(&["ann@example.com", "bob_x@example.com"]).await;
    world.post_letter(Letter { subject: "100 % done".to_owned(), ..letter_to(&["cy@example.com"]) }).await;
    world.post(&["no address"]).await;
    let find = async |state, search: Option<&str>| {
        let filter = MessageFilter { state, search: search.map(str::to_owned) };
        list(&world.ctx, &filter, None).await.unwrap()
    };
    let all = find(None, None).await;
    assert_eq!(all.counts, BTreeMap::from([(State::Queued, 2), (State::Failed, 1)]));
    assert_eq!(all.messages.len(), 3);
    assert!(all.hindrance.is_some());
    assert_eq!(find(Some(State::Failed), None).await.messages.len(), 1);
    let found = find(None, Some("BOB_")).await.messages;
    assert_eq!(found.iter().map(|m| m.id).collect::<Vec<_>>(), [id]);
    assert_eq!(find(None, Some("0 %")).await.messages.len(), 1);
    assert_eq!(find(None, Some("n_@e")).await.messages.len(), 0, "nothing in a search is a wildcard");
    let to = vec![Recipient { address: "ann@bücher.example".to_owned(), name: "Ann Müller".to_owned() }];
    world.post_letter(Letter { subject: "An offer for Ödegaard".to_owned(), to, ..letter_to(&[]) }).await;
    for words in ["Ödegaard", "ödegaard", "odegaard", "OFFER for Ödeg", "MÜLLER", "Bücher", "xn--bcher"] {
        assert_eq!(find(None, Some(words)).await.messages.len(), 1, "{words}");
    }
}

#[tokio::test]
async fn what_was_written_before_messages_had_a_key_is_found_by_its_letters() {
    let world = World::of(TestDb::empty().await);
    testing::provide(world.app(), &[], PATIENCE);
    let before: Vec<Migration> = MIGRATIONS.iter().filter(|m| m.version < 22).copied().collect();
    migrate::run(&world.db, &before).await.unwrap();
    let (id, now) = (world.ctx.new_id(), world.ctx.now());
    let message = "insert into outbox (id, message_id, kind, subject, html, plain, headers, state, round, failures, \
                   attempt, created_at) values ($1, '<1@x>', 'test', 'An OFFER', '', '', '[]', 'sent', 0, 0, 1, $2)";
    let recipient = "insert into outbox_recipients (message, n, address, name, state) \
                     values ($1, $2, $3, 'Bob', 'accepted')";
    let mut tx = world.db.begin().await.unwrap();
    tx.execute(message, vec![id.into(), now.into()]).await.unwrap();
    for (n, address) in [(0_i64, "ann@example.com"), (1, "cy@example.com")] {
        tx.execute(recipient, vec![id.into(), n.into(), address.into()]).await.unwrap();
    }
    tx.commit().await.unwrap();
    migrate::run(&world.db, MIGRATIONS).await.unwrap();
    for (words, found) in [("offer", 1), ("Ann@", 1), ("cy@", 1), ("bob", 1), ("dan", 0)] {
        let filter = MessageFilter { state: None, search: Some(words.to_owned()) };
        assert_eq!(list(&world.ctx, &filter, None).await.unwrap().messages.len(), found, "{words}");
    }
}

#[tokio::test]
async fn pages_follow_each_other() {
    let world = World::new().await;
    for _ in 0..53 {
        world.post(&["ann@example.com"]).await;
    }
    let first = list(&world.ctx, &MessageFilter::default(), None).await.unwrap();
    let second = list(&world.ctx, &MessageFilter::default(), first.next).await.unwrap();
    assert_eq!((first.messages.len(), second.messages.len(), second.next), (50, 3, None));
}

#[tokio::test]
async fn nobody_but_administrators_sees_or_sets_anything() {
    let world = World::new().await;
    let id = world.post(&["ann@example.com"]).await;
    let actor = records::server::testing::actor(Uuid::nil(), None, Grants::default());
    let ctx = world.app().ctx(actor);
    let refused = AppError::Forbidden;
    assert_eq!(list(&ctx, &MessageFilter::default(), None).await.unwrap_err(), refused);
    assert_eq!(detail(&ctx, id).await.unwrap_err(), refused);
    assert_eq!(act(&ctx, &[id], MessageAction::Discard).await.unwrap_err(), refused);
    assert_eq!(act_on_all(&ctx, &MessageFilter::default(), MessageAction::Discard).await.unwrap_err(), refused);
    assert_eq!(try_settings(&ctx, "ann@example.com").await.unwrap_err(), refused);
    assert_eq!(settings::server::show(&ctx, "mail").await.unwrap_err(), refused);
    assert_eq!(settings::server::save(&ctx, "mail", &texts(&[])).await.unwrap_err(), refused);
    assert_eq!(world.find(id).await.message.state, State::Queued);
}

#[tokio::test]
async fn settings_are_checked_kept_and_their_secrets_are_sealed() {
    let world = World::new().await;
    assert_eq!(save(&world, &[("mail.transport", "smtp")]).await, ["mail.sender", "smtp.host"]);
    assert_eq!(save(&world, &[("mail.transport", "pigeon")]).await, ["mail.transport"]);
    assert_eq!(save(&world, &[("smtp.port", "0")]).await, ["smtp.port"]);
    assert_eq!(save(&world, &[("mail.sender", "ann")]).await, ["mail.sender"]);
    assert_eq!(save(&world, &[("mail.colour", "red")]).await, ["mail.colour"]);
    let account = ["ses.access_key_id", "ses.region", "ses.secret_access_key"];
    assert_eq!(save(&world, &[("mail.transport", "ses"), ("mail.sender", "crm@example.com")]).await, account);
    assert_eq!(save(&world, &[("ses.region", "eu-central-1")]).await, [account[0], account[2]], "all of it or nothing");
    assert_eq!(save(&world, &account.map(|key| (key, "EU"))).await, ["ses.region"]);
    let good = [
        ("mail.transport", "smtp"),
        ("mail.sender", " crm@example.com "),
        ("smtp.host", "mail.example.com"),
        ("smtp.user", "crm"),
        ("smtp.password", "hunter2"),
    ];
    assert_eq!(save(&world, &good).await, Vec::<String>::new());
    let shown = settings::server::show(&world.ctx, "mail").await.unwrap();
    assert_eq!(shown["mail.sender"].value, "crm@example.com");
    assert_eq!((shown["smtp.password"].value.as_str(), shown["smtp.password"].is_set), ("", true));
    assert_eq!(save(&world, &[("smtp.host", "mx.example.com")]).await, Vec::<String>::new(), "the password stays");
    assert_eq!(save(&world, &[("smtp.password", "")]).await, ["smtp.password"], "a user needs one");
    assert_eq!(save(&world, &[("smtp.user", ""), ("smtp.password", "")]).await, Vec::<String>::new());
    assert!(!settings::server::show(&world.ctx, "mail").await.unwrap()["smtp.password"].is_set);
    let rows = world.db.fetch_all("select value, sealed from system_settings", vec![]).await.unwrap();
    assert!(rows.iter().all(|row| row.get::<Option<String>>(0).unwrap().is_none_or(|v| !v.contains("hunter2"))));
}

#[tokio::test]
async fn what_the_environment_says_goes_before_and_is_shown_as_fixed() {
    let world = World::with(&[("smtp.host", "mail.example.com"), ("smtp.password", "hunter2")]).await;
    let shown = settings::server::show(&world.ctx, "mail").await.unwrap();
    assert_eq!(shown["smtp.host"].fixed_by.as_deref(), Some("MAINSTAY_TEST"));
    assert_eq!(shown["smtp.host"].value, "mail.example.com");
    assert_eq!((shown["smtp.password"].value.as_str(), shown["smtp.password"].is_set), ("", true));
    assert_eq!(save(&world, &[("smtp.host", "other.example.com")]).await, ["smtp.host"]);
}

#[tokio::test]
async fn another_key_loses_nothing_and_says_what_to_do() {
    let world = World::new().await;
    let good = [
        ("mail.transport", "smtp"),
        ("mail.sender", "crm@example.com"),
        ("smtp.host", "127.0.0.1"),
        ("smtp.user", "crm"),
        ("smtp.password", "hunter2"),
    ];
    assert_eq!(save(&world, &good).await, Vec::<String>::new());
    world.app().provide(Vault::new(&[8; 32], &[], world.app().rng().clone()));
    let trouble = settings::server::show(&world.ctx, "mail").await.unwrap()["smtp.password"].trouble.clone().unwrap();
    assert!(trouble.contains("secret key file"), "{trouble}");
    world.work();
    let id = world.post(&["ann@example.com"]).await;
    let held = world.until(id, State::Held).await;
    assert!(held.message.trouble.unwrap().contains("secret key file"));

    // The former key is put back behind the new one, and what it sealed is sealed anew.
    world.app().provide(Vault::new(&[8; 32], &[[7; 32]], world.app().rng().clone()));
    assert_eq!(settings::server::show(&world.ctx, "mail").await.unwrap()["smtp.password"].trouble, None);
    let mut tx = world.db.begin().await.unwrap();
    let job = jobs::server::enqueue(&world.ctx, &mut tx, &settings::server::RenewSecrets {}).await.unwrap();
    tx.commit().await.unwrap();
    until("it is sealed anew", async || jobs::server::is_over(&world.ctx, job).await.unwrap()).await;
    world.app().provide(Vault::new(&[8; 32], &[], world.app().rng().clone()));
    assert_eq!(settings::server::show(&world.ctx, "mail").await.unwrap()["smtp.password"].trouble, None);
}
