//! Everything that can go wrong on the way to a mail server.

use super::*;

const ANN: &str = "ann@example.com";

/// Posts a message to Ann beside a server with a fault.
async fn posted(fault: Fault) -> (Server, World, Uuid) {
    let server = Server::start(fault).await;
    let world = World::beside(&server).await;
    world.work();
    let id = world.post(&[ANN]).await;
    (server, world, id)
}

/// A fault that time heals: the message is put off with the reason, and sent once, when the server is well again.
async fn heals(fault: Fault, reason: &str) {
    let (server, world, id) = posted(fault).await;
    let trouble = world.until_put_off(id).await.message.trouble.unwrap();
    assert!(trouble.contains(reason), "{fault:?}: {trouble}");
    server.becomes(Fault::None);
    let sent = world.until(id, State::Sent).await;
    assert_eq!(deliveries(&sent), [(ANN, Delivery::Accepted, "250 taken")], "{fault:?}");
    let whole = server.seen(|s| s.messages.iter().filter(|(to, _)| to == &[ANN]).count());
    let refused = usize::from(matches!(fault, Fault::AnswerMessage(_)));
    assert_eq!(whole, 1 + refused, "{fault:?}");
}

/// A fault for good: the message has failed with the reason, and nobody tries again.
async fn fails(fault: Fault, reason: &str) {
    let (server, world, id) = posted(fault).await;
    let failed = world.until(id, State::Failed).await;
    let trouble = failed.message.trouble.unwrap();
    assert!(trouble.contains(reason), "{fault:?}: {trouble}");
    assert_eq!(failed.message.retry_at, None, "{fault:?}");
    let connections = server.seen(|s| s.connections);
    world.app().clock().advance_seconds(86_400);
    let other = world.post(&["other@example.com"]).await;
    world.until(other, State::Failed).await;
    assert!(server.seen(|s| s.connections) <= connections + 1, "{fault:?}: only the other message");
}

#[tokio::test]
async fn a_server_that_is_down_or_slow_is_tried_again() {
    heals(Fault::NoGreeting, "did not answer").await;
    heals(Fault::SilentAt("EHLO"), "did not answer").await;
    heals(Fault::SilentAt("RCPT"), "did not answer").await;
    heals(Fault::SilentAt("DATA"), "did not answer").await;
}

#[tokio::test]
async fn a_connection_lost_before_the_message_is_complete_is_tried_again() {
    heals(Fault::DropAt("EHLO"), "connection was closed").await;
    heals(Fault::DropAt("MAIL"), "connection was closed").await;
    heals(Fault::DropAt("RCPT"), "connection was closed").await;
    heals(Fault::DropAt("DATA"), "connection was closed").await;
}

#[tokio::test]
async fn a_server_that_says_later_is_asked_later() {
    heals(Fault::Answer("EHLO", "421 too busy"), "421 too busy").await;
    heals(Fault::Answer("MAIL", "451 try again"), "451 try again").await;
    heals(Fault::Answer("RCPT", "450 greylisted"), "450 greylisted").await;
    heals(Fault::Answer("DATA", "452 no room"), "452 no room").await;
    heals(Fault::AnswerMessage("451 scanner down"), "451 scanner down").await;
}

#[tokio::test]
async fn a_server_that_says_no_is_not_asked_again() {
    fails(Fault::Answer("MAIL", "550 not from you"), "550 not from you").await;
    fails(Fault::Answer("RCPT", "550 no such user"), "550 no such user").await;
    fails(Fault::Answer("DATA", "554 no"), "554 no").await;
    fails(Fault::AnswerMessage("554 spam"), "554 spam").await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_until_it_has_been_enough() {
    let world = World::with(&smtp("1")).await;
    world.work();
    let id = world.post(&[ANN]).await;
    let put_off = world.until_put_off(id).await;
    assert_eq!(put_off.message.trouble.as_deref(), Some("127.0.0.1:1: Nobody listens there."));
    let failed = world.until(id, State::Failed).await;
    assert_eq!((failed.message.attempt, failed.message.retry_at), (0, None));
}

#[tokio::test]
async fn one_refused_recipient_does_not_stop_the_others() {
    let server = Server::start(Fault::Answer("RCPT TO:<bob@", "550 no such user")).await;
    let world = World::beside(&server).await;
    world.work();
    let id = world.post(&[ANN, "bob@example.com", "cy@example.com", "no address"]).await;
    let sent = world.until(id, State::Sent).await;
    assert_eq!(
        deliveries(&sent),
        [
            (ANN, Delivery::Accepted, "250 taken"),
            ("bob@example.com", Delivery::Refused, "550 no such user"),
            ("cy@example.com", Delivery::Accepted, "250 taken"),
            ("no address", Delivery::Refused, "This is no e-mail address."),
        ]
    );
    assert_eq!((sent.message.accepted, sent.message.refused), (2, 2));
    assert_eq!(server.seen(|s| s.messages[0].0.clone()), [ANN, "cy@example.com"]);
}

#[tokio::test]
async fn who_was_put_off_gets_the_message_later_and_the_others_do_not_get_it_twice() {
    let server = Server::start(Fault::Answer("RCPT TO:<bob@", "450 greylisted")).await;
    let world = World::beside(&server).await;
    world.work();
    let id = world.post(&[ANN, "bob@example.com"]).await;
    let put_off = world.until_put_off(id).await;
    assert_eq!(
        deliveries(&put_off),
        [(ANN, Delivery::Accepted, "250 taken"), ("bob@example.com", Delivery::Waiting, "450 greylisted")]
    );
    server.becomes(Fault::None);
    world.until(id, State::Sent).await;
    let to: Vec<Vec<String>> = server.seen(|s| s.messages.iter().map(|(to, _)| to.clone()).collect());
    assert_eq!(to, [vec![ANN], vec!["bob@example.com"]]);
}

#[tokio::test]
async fn a_connection_lost_before_the_answer_leaves_it_uncertain_until_a_person_decides() {
    let (server, world, id) = posted(Fault::DropAfterMessage).await;
    let uncertain = world.until(id, State::Uncertain).await;
    assert_eq!(deliveries(&uncertain)[0].1, Delivery::Uncertain);
    assert!(uncertain.message.trouble.unwrap().contains("connection was closed"));
    server.becomes(Fault::None);
    world.app().clock().advance_seconds(86_400);
    let other = world.post(&["bob@example.com"]).await;
    world.until(other, State::Sent).await;
    assert_eq!(world.find(id).await.message.state, State::Uncertain);
    assert_eq!(server.seen(|s| s.messages.iter().filter(|(to, _)| to == &[ANN]).count()), 1);

    // Sent again by who names it, never with all the others.
    assert_eq!(act_on_all(&world.ctx, &MessageFilter::default(), MessageAction::Send).await, Ok(0));
    assert_eq!(world.act(id, MessageAction::Send).await, 1);
    let sent = world.until(id, State::Sent).await;
    assert_eq!(sent.message.attempt, 2);
    let twice: Vec<bool> = server.seen(|s| s.messages.iter().map(|(_, m)| m.contains(&sent.message_id)).collect());
    assert_eq!(twice, [true, false, true], "both have one Message-ID");
}

#[tokio::test]
async fn a_server_that_never_acknowledges_leaves_it_uncertain() {
    let server = Server::start(Fault::HoldAnswer).await;
    let port = server.port.to_string();
    let patience = Patience { taking: Duration::from_millis(300), ..PATIENCE };
    let world = World::with_patience(&smtp(&port), patience).await;
    world.work();
    let id = world.post(&[ANN]).await;
    let uncertain = world.until(id, State::Uncertain).await;
    assert!(uncertain.message.trouble.unwrap().contains("did not answer"));
}

#[tokio::test]
async fn a_worker_that_dies_before_the_answer_leaves_it_uncertain_and_another_does_not_send_it() {
    let server = Server::start(Fault::HoldAnswer).await;
    let world = World::beside(&server).await;
    let killed = world.work();
    let id = world.post(&[ANN]).await;
    server.arrived.notified().await;
    assert_eq!(world.find(id).await.message.state, State::Sending);
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());

    server.becomes(Fault::None);
    world.work();
    let uncertain = world.until(id, State::Uncertain).await;
    assert_eq!(deliveries(&uncertain)[0].1, Delivery::Uncertain);
    assert_eq!(server.seen(|s| s.messages.len()), 1);
}

#[tokio::test]
async fn a_worker_that_dies_before_the_message_leaves_it_to_another() {
    let server = Server::start(Fault::SilentAt("DATA")).await;
    let port = server.port.to_string();
    let patience = Patience { answering: Duration::from_mins(1), ..PATIENCE };
    let world = World::with_patience(&smtp(&port), patience).await;
    server.becomes(Fault::SilentAt("RCPT"));
    let killed = world.work();
    let id = world.post(&[ANN]).await;
    until("it is given", async || server.seen(|s| s.commands.iter().any(|c| c.starts_with("RCPT")))).await;
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());
    assert_eq!(world.find(id).await.message.state, State::Queued);
    server.becomes(Fault::None);
    world.work();
    world.until(id, State::Sent).await;
    assert_eq!(server.seen(|s| s.messages.len()), 1);
}

#[tokio::test]
async fn what_nobody_will_tell_the_end_of_is_found() {
    let (server, world, id) = posted(Fault::HoldAnswer).await;
    server.arrived.notified().await;
    let mut tx = world.db.begin().await.unwrap();
    jobs::server::enqueue(&world.ctx, &mut tx, &SweepOutbox {}).await.unwrap();
    tx.commit().await.unwrap();
    world.app().clock().advance_seconds(3_600);
    let mut tx = world.db.begin().await.unwrap();
    jobs::server::enqueue(&world.ctx, &mut tx, &SweepOutbox {}).await.unwrap();
    tx.commit().await.unwrap();
    world.until(id, State::Uncertain).await;
    // The answer comes after all, and is believed.
    server.answer.notify_one();
    world.until(id, State::Sent).await;
}

#[tokio::test]
async fn a_refused_sign_in_is_tried_again_says_so_and_the_password_is_nowhere() {
    let server = Server::start(Fault::Answer("AUTH", "535 wrong password")).await;
    let port = server.port.to_string();
    let mut fixed = smtp(&port).to_vec();
    fixed.extend([("smtp.user", "crm"), ("smtp.password", "hunter2")]);
    let world = World::with(&fixed).await;
    world.work();
    let id = world.post(&[ANN]).await;
    let waiting = world.until_put_off(id).await;
    assert_eq!(waiting.message.trouble.as_deref(), Some("Signing in as crm was refused: 535 wrong password"));
    assert!(!format!("{waiting:?}").contains("hunter2"));
    server.becomes(Fault::None);
    world.until(id, State::Sent).await;
}

#[tokio::test]
async fn where_encryption_is_demanded_and_not_offered_nothing_is_sent() {
    let server = Server::start(Fault::None).await;
    let port = server.port.to_string();
    let mut fixed = smtp(&port).to_vec();
    fixed.retain(|(key, _)| *key != "smtp.encryption");
    fixed.extend([("smtp.user", "crm"), ("smtp.password", "hunter2")]);
    let world = World::with(&fixed).await;
    world.work();
    let id = world.post(&[ANN]).await;
    let waiting = world.until_put_off(id).await;
    assert!(waiting.message.trouble.unwrap().contains("STARTTLS"));
    assert!(server.seen(|s| s.commands.iter().all(|c| c.starts_with("EHLO") || c.starts_with("QUIT"))));
}

#[tokio::test]
async fn a_server_in_a_private_network_is_not_asked() {
    let mut fixed = smtp("25").to_vec();
    fixed.retain(|(key, _)| *key != "smtp.host");
    fixed.push(("smtp.host", "10.0.0.1"));
    let world = World::with(&fixed).await;
    world.work();
    let id = world.post(&[ANN]).await;
    let failed = world.until(id, State::Failed).await;
    assert!(failed.message.trouble.unwrap().contains("MAINSTAY_OUTSIDE_ALLOW"));
}

#[tokio::test]
async fn a_connection_serves_several_messages_and_one_that_went_stale_is_replaced() {
    let server = Server::start(Fault::None).await;
    let world = World::beside(&server).await;
    world.work();
    for _ in 0..3 {
        let id = world.post(&[ANN]).await;
        world.until(id, State::Sent).await;
    }
    assert_eq!(server.seen(|s| (s.connections, s.messages.len())), (1, 3));
    server.becomes(Fault::CloseWhenIdle);
    for _ in 0..3 {
        let id = world.post(&[ANN]).await;
        let sent = world.until(id, State::Sent).await;
        assert_eq!(sent.message.attempt, 1, "no message suffers from it");
    }
    assert_eq!(server.seen(|s| (s.connections, s.messages.len())), (3, 6));
}

#[tokio::test]
async fn a_large_message_arrives_whole_and_one_broken_off_is_sent_again() {
    let server = Server::start(Fault::DropInMessage).await;
    let world = World::beside(&server).await;
    world.work();
    let line = "a line of a long text, \u{e4}\u{f6}\u{fc}\n";
    let text = line.repeat(8 * 1024 * 1024 / line.len());
    let id = world.post_letter(Letter { text: text.clone(), ..letter_to(&[ANN]) }).await;
    let put_off = world.until_put_off(id).await;
    assert_eq!(put_off.message.state, State::Queued, "the end was never written");
    server.becomes(Fault::None);
    world.until(id, State::Sent).await;
    assert_eq!(server.seen(|s| s.messages.len()), 1);
    assert!(server.seen(|s| s.messages[0].1.len()) > 8 * 1024 * 1024);
}

#[tokio::test]
async fn a_trial_is_not_tried_again() {
    let world = World::with(&smtp("1")).await;
    world.work();
    let id = try_settings(&world.ctx, "ann@example.com").await.unwrap().unwrap();
    let failed = world.until(id, State::Failed).await;
    assert!(failed.message.trouble.unwrap().contains("127.0.0.1:1"));
    assert!(try_settings(&world.ctx, "ann").await.unwrap().is_err());
}

#[tokio::test]
async fn who_is_put_off_for_ever_is_refused_and_the_others_have_it() {
    let server = Server::start(Fault::Answer("RCPT TO:<bob@", "450 greylisted")).await;
    let world = World::beside(&server).await;
    world.work();
    let id = world.post(&[ANN, "bob@example.com"]).await;
    let sent = world.until(id, State::Sent).await;
    assert_eq!(
        deliveries(&sent),
        [(ANN, Delivery::Accepted, "250 taken"), ("bob@example.com", Delivery::Refused, "450 greylisted")]
    );
    assert_eq!(server.seen(|s| s.messages.len()), 1, "nobody got it twice");
}
