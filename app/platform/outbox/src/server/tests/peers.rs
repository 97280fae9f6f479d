//! Real servers of others, which `bin/test` starts: aiosmtpd, Dovecot, and moto in Amazon's place.

use async_imap::Client;
use futures::TryStreamExt;
use kernel::server::testing::Peers;
use tokio::net::TcpStream;

use super::*;

async fn world(fixed: &[(&'static str, &str)]) -> World {
    let world = World::bare().await;
    testing::provide_with_peers(world.app(), fixed);
    world.work();
    world
}

fn settings(address: &str, encryption: &'static str) -> Vec<(&'static str, String)> {
    let (host, port) = address.split_once(':').unwrap();
    [
        ("mail.transport", "smtp"),
        ("mail.sender", "crm@example.com"),
        ("mail.sender_name", "Alder & S\u{f6}hne"),
        ("smtp.host", host),
        ("smtp.port", port),
        ("smtp.encryption", encryption),
        ("smtp.user", "mainstay"),
        ("smtp.password", "secret"),
    ]
    .map(|(key, value)| (key, value.to_owned()))
    .to_vec()
}

fn borrowed<'a>(fixed: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    fixed.iter().map(|(key, value)| (*key, value.as_str())).collect()
}

/// The messages somebody has, over IMAP.
async fn mailbox(address: &str) -> Vec<String> {
    let stream = TcpStream::connect(Peers::find().imap).await.unwrap();
    let mut client = Client::new(stream);
    client.read_response().await.unwrap();
    let mut session = client.login(address, "secret").await.map_err(|(e, _)| e).unwrap();
    let count = session.select("INBOX").await.unwrap().exists;
    if count == 0 {
        return vec![];
    }
    let fetched: Vec<_> = session.fetch("1:*", "BODY.PEEK[]").await.unwrap().try_collect().await.unwrap();
    session.logout().await.unwrap();
    fetched.iter().map(|m| String::from_utf8(m.body().unwrap().to_vec()).unwrap()).collect()
}

#[tokio::test]
async fn a_message_arrives_in_a_real_mailbox() {
    let peers = Peers::find();
    for (address, encryption) in [(&peers.smtp, "starttls"), (&peers.smtps, "tls")] {
        let world = world(&borrowed(&settings(address, encryption))).await;
        let to = format!("{}@example.org", world.ctx.app.rng().id(Clock::System.now()).simple());
        let hostile =
            Recipient { address: to.clone(), name: "Ann\r\nBcc: all@example.org \u{4e16}\u{754c}".to_owned() };
        let posted =
            Letter { subject: "Gr\u{fc}\u{df}e\r\nX-Evil: yes".to_owned(), to: vec![hostile], ..letter_to(&[]) };
        let id = world.post_letter(posted).await;
        let sent = world.until(id, State::Sent).await;
        assert_eq!(deliveries(&sent)[0].1, Delivery::Accepted, "{encryption}");
        let messages = mailbox(&to).await;
        let [message] = messages.as_slice() else { panic!("{encryption}: {messages:?}") };
        let head = message.split("\r\n\r\n").next().unwrap();
        assert!(head.contains(&format!("Message-ID: {}", sent.message_id)), "{head}");
        assert!(!head.lines().any(|line| line.starts_with("X-Evil") || line.starts_with("Bcc")), "{head}");
        assert!(message.contains("<p>Hello</p>"), "{message}");
    }
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_refused() {
    let fixed = settings(&Peers::find().smtps, "tls");
    let world = World::with(&borrowed(&fixed)).await;
    world.work();
    let id = world.post(&["ann@example.org"]).await;
    let put_off = world.until_put_off(id).await;
    assert!(put_off.message.trouble.unwrap().contains("ertificate"));
}

#[tokio::test]
async fn a_wrong_password_is_told() {
    let mut fixed = settings(&Peers::find().smtp, "starttls");
    fixed.retain(|(key, _)| *key != "smtp.password");
    fixed.push(("smtp.password", "wrong".to_owned()));
    let world = world(&borrowed(&fixed)).await;
    let id = world.post(&["ann@example.org"]).await;
    let failed = world.until(id, State::Failed).await;
    let trouble = failed.message.trouble.unwrap();
    assert!(trouble.contains("mainstay") && trouble.contains("535"), "{trouble}");
}

fn amazon(sender: &'static str) -> [(&'static str, &'static str); 5] {
    [
        ("mail.transport", "ses"),
        ("mail.sender", sender),
        ("ses.region", "eu-central-1"),
        ("ses.access_key_id", "AKIDEXAMPLE"),
        ("ses.secret_access_key", "secret"),
    ]
}

#[tokio::test]
async fn amazon_takes_a_message_from_an_address_it_knows_and_refuses_another() {
    let known = world(&amazon("known@example.com")).await;
    let config = aws::Config {
        region: "eu-central-1".to_owned(),
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "secret".to_owned(),
        endpoint: Some(Peers::find().aws),
    };
    aws::ses::verify(&reqwest::Client::new(), &config, NOW, "known@example.com").await.unwrap();
    let id = known.post(&["ann@example.org", "bob@example.org"]).await;
    let sent = known.until(id, State::Sent).await;
    assert!(deliveries(&sent).iter().all(|(_, state, words)| *state == Delivery::Accepted && words.contains("Amazon")));

    let unknown = world(&amazon("stranger@example.net")).await;
    let id = unknown.post(&["ann@example.org"]).await;
    let failed = unknown.until(id, State::Failed).await;
    assert!(failed.message.trouble.unwrap().contains("MessageRejected"));
}
