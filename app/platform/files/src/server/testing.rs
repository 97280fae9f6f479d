//! What tests provide in place of a bucket and a disk.

use kernel::server::{Clock, Rng, testing::Peers};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Bucket, Files};

/// From now on whoever makes a file finds the disk full, or has room again.
pub fn fill_disk(files: &Files, is_full: bool) {
    files.set_full(is_full);
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
