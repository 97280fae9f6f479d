//! Who sends the messages: a signature that push services check (VAPID, RFC 8292).

use aws_lc_rs::{
    agreement::{ECDH_P256, PrivateKey},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{AppError, Timestamp, server::unexpected};
use records::server::App;
use serde_json::json;
use settings::server::vault::VaultError;
use url::Url;

use super::{super::Site, seal};

/// What the key is kept as among the settings, sealed.
const NAME: &str = "push.key";
/// For how many seconds a signature is good; a day at most (RFC 8292, section 2).
const GOOD: i64 = 12 * 3_600;

/// The program's key, and who is to be asked about its messages.
pub struct Vapid {
    pair: EcdsaKeyPair,
    public: String,
    contact: String,
}

/// The program's key, made at first need: browsers that subscribed accept messages by this one alone.
pub async fn own(app: &App) -> Result<Result<Vapid, VaultError>, AppError> {
    let new = || seal::new_key(app.rng()).map(|(number, _)| number.to_vec());
    let number = match settings::server::own_secret(app, NAME, new).await? {
        Ok(number) => number,
        Err(error) => return Ok(Err(error)),
    };
    Vapid::new(&number, contact(app).await?).map(Ok)
}

/// That the key cannot be used, as staff read it.
pub fn unusable(error: VaultError) -> String {
    format!("The key for push messages cannot be used: {error}.")
}

/// The address mail is sent from, else that of the program.
async fn contact(app: &App) -> Result<String, AppError> {
    let texts = settings::server::texts(app, &outbox::settings::SECTION).await?.unwrap_or_default();
    match texts.get("mail.sender").filter(|sender| !sender.is_empty()) {
        Some(sender) => Ok(format!("mailto:{sender}")),
        None => Ok(app.service::<Site>()?.at("/")),
    }
}

impl Vapid {
    fn new(number: &[u8], contact: String) -> Result<Self, AppError> {
        let key = PrivateKey::from_private_key(&ECDH_P256, number).map_err(unexpected)?;
        let public = key.compute_public_key().map_err(unexpected)?;
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, number, public.as_ref())
                .map_err(unexpected)?;
        Ok(Self { pair, public: URL_SAFE_NO_PAD.encode(public), contact })
    }

    /// The public key as browsers want it.
    pub fn public(&self) -> String {
        self.public.clone()
    }

    /// The header that says who sends a message: a token for this push service alone.
    pub fn authorization(&self, endpoint: &Url, now: Timestamp) -> Result<String, AppError> {
        let claims = json!({
            "aud": endpoint.origin().ascii_serialization(),
            "exp": now.micros().div_euclid(1_000_000) + GOOD,
            "sub": self.contact,
        });
        let head = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"ES256"}"#);
        let text = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).map_err(unexpected)?;
        Ok(format!("vapid t={text}.{}, k={}", URL_SAFE_NO_PAD.encode(signature), self.public))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_token_is_signed_for_one_service_and_half_a_day() {
        let vapid = Vapid::new(&[7; 32], "mailto:crm@example.com".to_owned()).unwrap();
        let endpoint = Url::parse("https://push.example.net:8443/send/1?x=y").unwrap();
        let header = vapid.authorization(&endpoint, Timestamp::from_micros(1_000_000_999_999)).unwrap();
        let (token, key) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        let (text, signature) = token.rsplit_once('.').unwrap();
        let key = URL_SAFE_NO_PAD.decode(key).unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key);
        assert!(key.verify(text.as_bytes(), &signature).is_ok());
        let (head, claims) = text.split_once('.').unwrap();
        let read = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        assert_eq!(read(head), r#"{"typ":"JWT","alg":"ES256"}"#);
        let claims: serde_json::Value = serde_json::from_str(&read(claims)).unwrap();
        let expected =
            json!({ "aud": "https://push.example.net:8443", "exp": 1_043_200, "sub": "mailto:crm@example.com" });
        assert_eq!(claims, expected);
    }
}
