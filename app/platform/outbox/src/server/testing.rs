//! What tests provide in place of the program.

use kernel::server::testing::Peers;
use outside::{Client, Guard};
use records::server::App;
use settings::server::{Fixed, Sections, vault::Vault};

use super::{Endpoints, Mailer, Patience};

/// Gives a program of a test what sends mail, with settings as the environment would fix them. Only this machine's own
/// addresses are allowed.
pub fn provide(app: &App, fixed: &[(&'static str, &str)], patience: Patience) {
    let mailer = Mailer::new("crm.example", guard(), client(&[]), vec![], Endpoints::default());
    provide_mailer(app, fixed, mailer.with(patience));
}

/// The same, trusting and asking the servers that `bin/test` started.
pub fn provide_with_peers(app: &App, fixed: &[(&'static str, &str)]) {
    let (aws, authorities) = (Peers::find().aws, authorities());
    let endpoints = Endpoints { ses: Some(aws.clone()), sns: Some(aws) };
    provide_mailer(app, fixed, Mailer::new("crm.example", guard(), client(&authorities), authorities, endpoints));
}

fn provide_mailer(app: &App, fixed: &[(&'static str, &str)], mailer: Mailer) {
    let fixed = fixed.iter().map(|(key, value)| (*key, ((*value).to_owned(), "MAINSTAY_TEST"))).collect();
    app.provide(Vault::new(&[7; 32], &[], app.rng().clone()));
    app.provide(Sections(&[&crate::settings::SECTION]));
    app.provide(Fixed(fixed));
    app.provide(mailer);
}

#[expect(clippy::expect_used, reason = "only tests call this")]
fn guard() -> Guard {
    Guard::new(["127.0.0.0/8", "::1"].map(|network| network.parse().expect("a network")).to_vec())
}

/// What asks this machine's own servers, trusting these authorities.
#[expect(clippy::expect_used, reason = "only tests call this")]
pub fn client(authorities: &[Vec<u8>]) -> Client {
    Client::new(guard(), authorities).expect("a client")
}

/// The authorities of the servers that `bin/test` started.
#[expect(clippy::expect_used, reason = "only tests call this")]
pub fn authorities() -> Vec<Vec<u8>> {
    vec![std::fs::read(Peers::find().ca).expect("the authority of the peers")]
}
