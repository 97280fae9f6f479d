//! Messages that one browser alone can read: RFC 8291, in the coding `aes128gcm` of RFC 8188.

use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree},
};
use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use hkdf::Hkdf;
use kernel::{
    AppError,
    server::{Rng, unexpected},
};
use sha2::Sha256;

use crate::push::Keys;

/// The longest text that fits: push services take 4,096 bytes (RFC 8030, section 7.2), of which the head, the mark of
/// the end and the tag take their part.
pub const LONGEST: usize = 4_096 - (16 + 4 + 1 + POINT) - 1 - 16;
/// A point of the curve, written in full.
const POINT: usize = 65;
/// One record holds all of it.
const RECORD: u32 = 4_096;
/// Marks the end of the last record.
const END: u8 = 2;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whom a message is encrypted for: a browser's public key and its authentication secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    pub p256dh: Vec<u8>,
    pub auth: Vec<u8>,
}

impl Reader {
    /// Reads what a browser tells of its keys, or says what is wrong with it.
    pub fn parse(keys: &Keys) -> Result<Self, &'static str> {
        let read = |text: &str| BASE64.decode(text).unwrap_or_default();
        let reader = Self { p256dh: read(&keys.p256dh), auth: read(&keys.auth) };
        if reader.auth.len() != 16 {
            return Err("`auth` must be 16 bytes in base64url.");
        }
        let is_point = reader.p256dh.len() == POINT
            && aws_lc_rs::agreement::ParsedPublicKey::try_from(&reader.key()).is_ok_and(|key| key.alg() == &ECDH_P256);
        if is_point { Ok(reader) } else { Err("`p256dh` must be a point of the curve P-256 in base64url.") }
    }

    fn key(&self) -> UnparsedPublicKey<&[u8]> {
        UnparsedPublicKey::new(&ECDH_P256, self.p256dh.as_slice())
    }
}

/// A key of our own on the curve P-256, with the number it consists of.
pub fn new_key(rng: &Rng) -> Result<([u8; 32], PrivateKey), AppError> {
    // Of such numbers all but one in four thousand million are keys.
    for _ in 0..8 {
        let number: [u8; 32] = rng.bytes();
        if let Ok(key) = PrivateKey::from_private_key(&ECDH_P256, &number) {
            return Ok((number, key));
        }
    }
    Err(unexpected("no random number was a key"))
}

/// Encrypts a message with a key that is used for nothing else.
pub fn seal(rng: &Rng, reader: &Reader, text: &[u8]) -> Result<Vec<u8>, AppError> {
    let (_, own) = new_key(rng)?;
    encrypt(&own, rng.bytes(), reader, text).ok_or_else(|| unexpected("a push message could not be encrypted"))
}

/// Only a text longer than [`LONGEST`] and a key that is no point of the curve fail.
fn encrypt(own: &PrivateKey, salt: [u8; 16], reader: &Reader, text: &[u8]) -> Option<Vec<u8>> {
    if text.len() > LONGEST {
        return None;
    }
    let public = own.compute_public_key().ok()?;
    // RFC 8291, section 3.4: the secret of both keys, bound to the authentication secret and to the keys.
    let info = [b"WebPush: info\0", reader.p256dh.as_slice(), public.as_ref()].concat();
    let ikm = agree(own, reader.key(), (), |secret| derive::<32>(&reader.auth, secret, &info).ok_or(())).ok()?;
    // RFC 8188, sections 2.2 and 2.3.
    let key: [u8; 16] = derive(&salt, &ikm, b"Content-Encoding: aes128gcm\0")?;
    let nonce: [u8; 12] = derive(&salt, &ikm, b"Content-Encoding: nonce\0")?;

    let mut record = [text, &[END]].concat();
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).ok()?);
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut record).ok()?;
    let length = u8::try_from(public.as_ref().len()).ok()?;
    Some([&salt[..], &RECORD.to_be_bytes(), &[length], public.as_ref(), &record].concat())
}

fn derive<const N: usize>(salt: &[u8], secret: &[u8], info: &[u8]) -> Option<[u8; N]> {
    let mut derived = [0; N];
    Hkdf::<Sha256>::new(Some(salt), secret).expand(info, &mut derived).ok()?;
    Some(derived)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<u8> {
        BASE64.decode(text).unwrap()
    }

    fn keys(p256dh: &str, auth: &str) -> Keys {
        Keys { p256dh: p256dh.to_owned(), auth: auth.to_owned() }
    }

    const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    #[test]
    fn the_example_of_the_standard_is_met() {
        // RFC 8291, section 5 and appendix A.
        let own = read("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let own = PrivateKey::from_private_key(&ECDH_P256, &own).unwrap();
        let salt = read("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let reader = Reader::parse(&keys(P256DH, AUTH)).unwrap();
        let sealed = encrypt(&own, salt, &reader, b"When I grow up, I want to be a watermelon").unwrap();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tl\
                        zAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4\
                        a-fN";
        assert_eq!(sealed, read(expected));
    }

    #[test]
    fn the_longest_text_fills_what_push_services_take() {
        let reader = Reader::parse(&keys(P256DH, AUTH)).unwrap();
        let sealed = seal(&Rng::seeded(1), &reader, &[b'x'; LONGEST]).unwrap();
        assert_eq!(sealed.len(), 4_096);
        assert!(seal(&Rng::seeded(1), &reader, &[b'x'; LONGEST + 1]).is_err());
    }

    #[test]
    fn the_same_text_never_looks_the_same() {
        let (rng, reader) = (Rng::seeded(1), Reader::parse(&keys(P256DH, AUTH)).unwrap());
        let (one, other) = (seal(&rng, &reader, b"x").unwrap(), seal(&rng, &reader, b"x").unwrap());
        assert_ne!(one[..16], other[..16], "the salt");
        assert_ne!(one[21..86], other[21..86], "the key");
    }

    #[test]
    fn keys_that_are_none_are_refused_by_name() {
        assert!(Reader::parse(&keys(P256DH, &format!("{AUTH}=="))).is_ok(), "some programs write the padding");
        for auth in ["", "x", "AAAA", "BTBZMqHH6r4Tts7J_aSIggAA", "!!!!"] {
            assert!(Reader::parse(&keys(P256DH, auth)).unwrap_err().contains("auth"), "{auth}");
        }
        let elsewhere = P256DH.replace("BCVxs", "BCVxt");
        // The same point, written short.
        let short = "AiVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx";
        for p256dh in ["", "x", AUTH, &elsewhere, short] {
            assert!(Reader::parse(&keys(p256dh, AUTH)).unwrap_err().contains("p256dh"), "{p256dh}");
        }
    }
}
