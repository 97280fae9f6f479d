//! Secrets at rest: passwords of mail servers, keys of other companies' services.
//!
//! Each secret is encrypted with a key of its own, and that key with the installation's (an envelope), both by
//! XChaCha20-Poly1305. The place it is kept at (table, column, row) is authenticated with it: moved elsewhere, it
//! does not open. The installation's key is derived from its key file, which is neither in the database nor in a
//! backup. The file may list former keys after the present one: what they sealed still opens, and [`Vault::renew`]
//! brings it under the present one by sealing only the small key anew.

use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use kernel::server::Rng;
use sha2::Sha256;
use uuid::Uuid;

/// The layout of what is sealed: version, key's id, nonce and sealed key, nonce and sealed secret.
const VERSION: u8 = 1;
const ID: usize = 8;
const NONCE: usize = 24;
const SEALED_KEY: usize = 32 + 16;
const HEAD: usize = 1 + ID + NONCE + SEALED_KEY;

/// Why a secret does not open. It is still there, whatever it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// With the former key in the file again, it opens.
    #[error("this secret was sealed with a key that is not in the secret key file")]
    OtherKey,
    #[error("this secret was damaged, or belongs somewhere else")]
    Damaged,
}

/// Where a secret is kept.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    table: &'a str,
    column: &'a str,
    row: &'a [u8],
}

impl<'a> Place<'a> {
    pub fn new(table: &'a str, column: &'a str, row: &'a Uuid) -> Self {
        Self { table, column, row: row.as_bytes() }
    }

    /// In a table whose rows have names.
    pub const fn named(table: &'a str, column: &'a str, row: &'a str) -> Self {
        Self { table, column, row: row.as_bytes() }
    }

    fn bytes(&self) -> Vec<u8> {
        [self.table.as_bytes(), self.column.as_bytes(), self.row].join(&0)
    }
}

/// Seals and opens. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    keys: Vec<Known>,
    rng: Rng,
}

#[derive(Clone)]
struct Known {
    id: [u8; ID],
    cipher: XChaCha20Poly1305,
}

impl Known {
    fn new(secret_key: &[u8; 32]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(Some(b"mainstay vault"), secret_key);
        let (mut key, mut id) = ([0; 32], [0; ID]);
        let derived = hkdf.expand(b"key", &mut key).and_then(|()| hkdf.expand(b"id", &mut id));
        debug_assert!(derived.is_ok(), "both are far shorter than the longest there is");
        Self { id, cipher: XChaCha20Poly1305::new(&Key::from(key)) }
    }
}

impl Vault {
    /// The present key and former ones.
    pub fn new(present: &[u8; 32], former: &[[u8; 32]], rng: Rng) -> Self {
        let keys = std::iter::once(present).chain(former).map(Known::new).collect();
        Self { keys, rng }
    }

    /// Seals a secret for its place.
    pub fn seal(&self, place: Place<'_>, secret: &[u8]) -> Vec<u8> {
        let own: [u8; 32] = self.rng.bytes();
        let (nonce, body) = encrypt(&self.rng, &XChaCha20Poly1305::new(&Key::from(own)), secret, &place.bytes());
        let mut sealed = self.head(place, &own);
        sealed.extend(nonce);
        sealed.extend(body);
        sealed
    }

    /// Opens what was sealed for this place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (_, own) = self.own_key(place, sealed)?;
        let (nonce, body) = sealed[HEAD..].split_first_chunk().ok_or(VaultError::Damaged)?;
        decrypt(&XChaCha20Poly1305::new(&Key::from(own)), nonce, body, &place.bytes())
    }

    /// The same secret under the present key; `None` where it is.
    pub fn renew(&self, place: Place<'_>, sealed: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        let (is_present, own) = self.own_key(place, sealed)?;
        Ok((!is_present).then(|| [&self.head(place, &own), &sealed[HEAD..]].concat()))
    }

    fn head(&self, place: Place<'_>, own: &[u8; 32]) -> Vec<u8> {
        let key = &self.keys[0];
        let (nonce, sealed) = encrypt(&self.rng, &key.cipher, own, &bound(&key.id, &place.bytes()));
        [&[VERSION][..], &key.id, &nonce, &sealed].concat()
    }

    /// The secret's own key, and whether it is sealed with the installation's present one.
    fn own_key(&self, place: Place<'_>, sealed: &[u8]) -> Result<(bool, [u8; 32]), VaultError> {
        let head: &[u8; HEAD] = sealed.first_chunk().ok_or(VaultError::Damaged)?;
        if head[0] != VERSION {
            return Err(VaultError::Damaged);
        }
        let id = &head[1..=ID];
        let at = self.keys.iter().position(|k| k.id == id).ok_or(VaultError::OtherKey)?;
        let (nonce, body) = head[1 + ID..].split_first_chunk().ok_or(VaultError::Damaged)?;
        let own = decrypt(&self.keys[at].cipher, nonce, body, &bound(id, &place.bytes()))?;
        Ok((at == 0, own.try_into().map_err(|_| VaultError::Damaged)?))
    }
}

/// What is authenticated with a secret's own key.
fn bound(id: &[u8], place: &[u8]) -> Vec<u8> {
    [&[VERSION], id, place].concat()
}

fn encrypt(rng: &Rng, cipher: &XChaCha20Poly1305, plain: &[u8], bound: &[u8]) -> ([u8; NONCE], Vec<u8>) {
    let nonce: [u8; NONCE] = rng.bytes();
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: bound });
    debug_assert!(sealed.is_ok(), "only what exceeds 256 GiB fails");
    (nonce, sealed.unwrap_or_default())
}

fn decrypt(
    cipher: &XChaCha20Poly1305,
    nonce: &[u8; NONCE],
    sealed: &[u8],
    bound: &[u8],
) -> Result<Vec<u8>, VaultError> {
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: bound }).map_err(|_| VaultError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [u8; 32] = [1; 32];
    const B: [u8; 32] = [2; 32];
    const PLACE: Place<'static> = Place::named("settings", "sealed", "smtp.password");

    fn vault(present: &[u8; 32], former: &[[u8; 32]]) -> Vault {
        Vault::new(present, former, Rng::system())
    }

    #[test]
    fn a_secret_opens_at_its_place_alone_and_never_looks_the_same() {
        let vault = vault(&A, &[]);
        let (one, other) = (vault.seal(PLACE, b"hunter2"), vault.seal(PLACE, b"hunter2"));
        assert_ne!(one, other);
        assert!(!one.windows(7).any(|w| w == b"hunter2"));
        assert_eq!(vault.open(PLACE, &one), Ok(b"hunter2".to_vec()));
        assert_eq!(vault.open(PLACE, &vault.seal(PLACE, b"")), Ok(vec![]));
        for elsewhere in [
            Place::named("settings", "sealed", "ses.secret"),
            Place::named("settings", "value", "smtp.password"),
            Place::named("accounts", "sealed", "smtp.password"),
        ] {
            assert_eq!(vault.open(elsewhere, &one), Err(VaultError::Damaged));
        }
    }

    #[test]
    fn each_changed_or_missing_byte_is_noticed() {
        let vault = vault(&A, &[]);
        let sealed = vault.seal(PLACE, b"hunter2");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(vault.open(PLACE, &changed).is_err(), "byte {at}");
            assert!(vault.open(PLACE, &sealed[..at]).is_err(), "up to byte {at}");
        }
    }

    #[test]
    fn another_key_says_so_and_the_former_one_opens() {
        let sealed = vault(&A, &[]).seal(PLACE, b"hunter2");
        assert_eq!(vault(&B, &[]).open(PLACE, &sealed), Err(VaultError::OtherKey));
        assert_eq!(vault(&B, &[A]).open(PLACE, &sealed), Ok(b"hunter2".to_vec()));
    }

    #[test]
    fn a_renewed_secret_needs_the_former_key_no_more() {
        let sealed = vault(&A, &[]).seal(PLACE, b"hunter2");
        let both = vault(&B, &[A]);
        let renewed = both.renew(PLACE, &sealed).unwrap().unwrap();
        assert_eq!(vault(&B, &[]).open(PLACE, &renewed), Ok(b"hunter2".to_vec()));
        assert_eq!(both.renew(PLACE, &renewed), Ok(None));
        assert_eq!(vault(&B, &[]).renew(PLACE, &sealed), Err(VaultError::OtherKey));
    }
}
