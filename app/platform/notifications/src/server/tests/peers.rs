//! Real servers of others, which `bin/test` starts: Dovecot behind aiosmtpd, and moto in Amazon's place.

use async_imap::Client;
use futures::TryStreamExt;
use kernel::server::testing::Peers;
use tokio::net::TcpStream;

use super::*;

/// The messages somebody has, over IMAP.
async fn mailbox(address: &str) -> Vec<String> {
    let mut client = Client::new(TcpStream::connect(Peers::find().imap).await.unwrap());
    client.read_response().await.unwrap();
    let mut session = client.login(address, "secret").await.map_err(|(e, _)| e).unwrap();
    if session.select("INBOX").await.unwrap().exists == 0 {
        return vec![];
    }
    let fetched: Vec<_> = session.fetch("1:*", "BODY.PEEK[]").await.unwrap().try_collect().await.unwrap();
    session.logout().await.unwrap();
    fetched.iter().map(|m| String::from_utf8(m.body().unwrap().to_vec()).unwrap()).collect()
}

#[tokio::test]
async fn a_digest_arrives_in_a_real_mailbox() {
    let world = World::bare().await;
    let (host, port) = Peers::find().smtp.split_once(':').map(|(h, p)| (h.to_owned(), p.to_owned())).unwrap();
    let fixed = [
        ("mail.transport", "smtp"),
        ("mail.sender", "crm@example.com"),
        ("smtp.host", &host),
        ("smtp.port", &port),
        ("smtp.encryption", "starttls"),
        ("smtp.user", "mainstay"),
        ("smtp.password", "secret"),
    ];
    testing::provide_with_peers(&world.ctx.app, &fixed);
    world.work();
    world.choose("ann", Channel::Email, Mode::Daily).await;
    for title in ["The first export is done", "The second export is done"] {
        world.tell("ann", title, None).await;
        world.settle().await;
    }
    let to = world.people["ann"].email.clone();
    assert!(mailbox(&to).await.is_empty());
    world.run(&SendDigests { mode: Mode::Daily }).await;
    world.until("the digest is there", async || !mailbox(&to).await.is_empty()).await;
    let messages = mailbox(&to).await;
    let [message] = messages.as_slice() else { panic!("{messages:?}") };
    assert!(message.contains("The first export is done") && message.contains("The second export is done"), "{message}");
}

#[tokio::test]
async fn a_text_message_goes_by_amazon_and_without_a_number_or_an_account_it_says_why_not() {
    let world = World::bare().await;
    let fixed =
        [("ses.region", "eu-central-1"), ("ses.access_key_id", "AKIDEXAMPLE"), ("ses.secret_access_key", "secret")];
    testing::provide_with_peers(&world.ctx.app, &fixed);
    world.work();
    for who in ["ann", "bob"] {
        world.choose(who, Channel::Sms, Mode::AtOnce).await;
        world.choose(who, Channel::Email, Mode::Off).await;
    }
    world.prefer("ann", json!({ "sms_phone": "+41446681800" })).await;
    for who in ["ann", "bob"] {
        world.tell(who, "Done", None).await;
        world.settle().await;
    }
    let told = world.rows("select state, detail from deliveries order by id", 2).await;
    assert!(told[0].starts_with("sent Amazon SNS took it as"), "{told:?}");
    assert_eq!(told[1], "skipped They gave no telephone number for text messages.");
    // Without an account at Amazon.
    testing::provide(&world.ctx.app, &[], Patience::default());
    world.tell("ann", "Done again", None).await;
    world.settle().await;
    let told = world.rows("select state, detail from deliveries order by id", 2).await;
    assert!(told[2].starts_with("skipped Text messages need an account at Amazon"), "{told:?}");
}
