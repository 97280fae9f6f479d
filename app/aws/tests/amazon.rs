//! The services as moto plays them; `bin/test` starts it.

use aws::{Config, Error, ses, sns};
use kernel::{Timestamp, server::testing::Peers};
use reqwest::Client;

fn config() -> Config {
    Config {
        region: "eu-central-1".to_owned(),
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "secret".to_owned(),
        endpoint: Some(Peers::find().aws),
    }
}

fn now() -> Timestamp {
    Timestamp::from_micros(1_795_000_000_000_000)
}

const MESSAGE: &[u8] = b"From: own@example.com\r\nTo: ann@example.org\r\nSubject: Hello\r\n\r\nHello\r\n";

#[tokio::test]
async fn a_message_goes_out_from_an_address_of_ones_own_and_is_refused_from_another() {
    let (client, config, to) = (Client::new(), config(), ["ann@example.org".to_owned()]);
    ses::verify(&client, &config, now(), "own@example.com").await.unwrap();
    let number = ses::send(&client, &config, now(), "own@example.com", &to, MESSAGE).await.unwrap();
    assert!(!number.is_empty());
    let refused = ses::send(&client, &config, now(), "strange@example.net", &to, MESSAGE).await.unwrap_err();
    assert!(matches!(&refused, Error::Refused(why) if why.contains("MessageRejected")), "{refused:?}");
}

#[tokio::test]
async fn a_text_message_goes_out() {
    let (client, config) = (Client::new(), config());
    let text = "Hello & welcome: 100 % ünïcode";
    let number = sns::publish(&client, &config, now(), "+491701234567", text).await.unwrap();
    assert!(!number.is_empty());
    let refused = sns::publish(&client, &config, now(), "not a number", "Hello").await.unwrap_err();
    assert!(matches!(refused, Error::Refused(_)), "{refused:?}");
}

#[tokio::test]
async fn what_cannot_be_reached_was_not_asked() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = Config { endpoint: Some(format!("http://{nowhere}")), ..config() };
    let error = sns::publish(&Client::new(), &config, now(), "+491701234567", "Hello").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
}
