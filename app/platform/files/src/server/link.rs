//! Signed links: which file, for whom, until when.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

type Hash = Hmac<Sha256>;

/// The key of links, made from the program's secret key and good for nothing else.
pub struct Key(Hash);

impl Key {
    pub fn new(secret_key: &[u8]) -> Self {
        let own = keyed(secret_key).chain_update(b"mainstay: links to files").finalize().into_bytes();
        Self(keyed(&own))
    }

    pub fn sign(&self, file: Uuid, user: Uuid, until: i64) -> String {
        use std::fmt::Write as _;
        let mut digits = String::with_capacity(64);
        for byte in self.over(file, user, until).finalize().into_bytes() {
            let _ = write!(digits, "{byte:02x}");
        }
        digits
    }

    /// Takes the same time however wrong the signature is.
    pub fn verify(&self, file: Uuid, user: Uuid, until: i64, signature: &str) -> bool {
        let pairs = (0..signature.len()).step_by(2);
        let bytes = pairs.map(|at| signature.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()));
        let Some(bytes) = bytes.collect::<Option<Vec<u8>>>() else { return false };
        self.over(file, user, until).verify_slice(&bytes).is_ok()
    }

    fn over(&self, file: Uuid, user: Uuid, until: i64) -> Hash {
        self.0.clone().chain_update(file).chain_update(user).chain_update(until.to_be_bytes())
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn keyed(key: &[u8]) -> Hash {
    Hash::new_from_slice(key).expect("HMAC takes keys of every length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_for_one_file_one_person_and_one_time() {
        let key = Key::new(b"secret");
        let (file, user) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let good = key.sign(file, user, 100);
        assert!(key.verify(file, user, 100, &good));
        assert!(!key.verify(user, file, 100, &good));
        assert!(!key.verify(file, file, 100, &good));
        assert!(!key.verify(file, user, 101, &good));
        assert!(!Key::new(b"other").verify(file, user, 100, &good));
        for wrong in ["", "zz", "00", "ä", &good[..62], &format!("{good}00"), "+1"] {
            assert!(!key.verify(file, user, 100, wrong), "{wrong}");
        }
    }
}
