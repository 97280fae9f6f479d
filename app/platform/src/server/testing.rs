//! What tests provide in place of the program.

use kernel::server::{Clock, Rng, testing::Peers};
use records::server::App;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    files::{Bucket, Files},
    notifications::{Site, push::PushServices},
    outbox::{Endpoints, Mailer, Patience},
    outside::{Client, Guard},
    settings::Fixed,
    vault::Vault,
};

/// Gives a program of a test what asks others, with settings as the environment would fix them. Only this machine's
/// own addresses are allowed.
#[expect(clippy::expect_used, reason = "only tests call this")]
pub fn provide(app: &App, fixed: &[(&'static str, &str)], patience: Patience) {
    let networks = ["127.0.0.0/8", "::1"].map(|network| network.parse().expect("a network"));
    let guard = Guard::new(networks.to_vec());
    let client = Client::new(guard.clone(), &[]).expect("a client");
    let fixed = fixed.iter().map(|(key, value)| (*key, ((*value).to_owned(), "MAINSTAY_TEST"))).collect();
    app.provide(Site("https://crm.example".to_owned()));
    app.provide(Vault::new(&[7; 32], &[], app.rng().clone()));
    app.provide(Fixed(fixed));
    app.provide(PushServices(client.clone()));
    app.provide(Mailer::new("crm.example", guard, client, vec![], Endpoints::default()).with(patience));
}

/// From now on whoever makes a file finds the disk full, or has room again.
pub fn fill_disk(files: &Files, is_full: bool) {
    files.set_full(is_full);
}

/// The same, trusting and asking the servers that `bin/test` started.
#[expect(clippy::expect_used, reason = "only tests call this")]
pub fn provide_with_peers(app: &App, fixed: &[(&'static str, &str)]) {
    let peers = Peers::find();
    provide(app, fixed, Patience::default());
    let guard = Guard::new(["127.0.0.0/8", "::1"].map(|network| network.parse().expect("a network")).to_vec());
    let authorities = vec![std::fs::read(&peers.ca).expect("the authority of the peers")];
    let client = Client::new(guard.clone(), &authorities).expect("a client");
    app.provide(PushServices(client.clone()));
    let endpoints = Endpoints { ses: Some(peers.aws.clone()), sns: Some(peers.aws) };
    app.provide(Mailer::new("crm.example", guard, client, authorities, endpoints));
}

/// A bucket that nobody else has, at the server that plays Amazon.
#[expect(clippy::expect_used, reason = "only tests call this")]
pub async fn bucket() -> Bucket {
    let endpoint = Peers::find().aws;
    let name = format!("test-{}", Clock::System.new_id(&Rng::system()).simple());
    let address = endpoint.trim_start_matches("http://");
    let mut peer = tokio::net::TcpStream::connect(address).await.expect("the server that plays Amazon");
    let ask =
        format!("PUT /{name} HTTP/1.1\r\nHost: s3.amazonaws.com\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    peer.write_all(ask.as_bytes()).await.expect("a question");
    let mut answer = String::new();
    peer.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Bucket {
        name,
        prefix: "files".into(),
        endpoint,
        region: "us-east-1".into(),
        key_id: "key".into(),
        secret: "secret".into(),
        path_style: true,
        allow_http: true,
        patience: std::time::Duration::from_secs(30),
    }
}
