//! Passwords: which are good enough, and how they are kept.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash};
use kernel::{AppError, server::unexpected};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

/// What a hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strength {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Strength {
    /// 19 MiB, two passes, one lane: the least OWASP's Password Storage Cheat Sheet recommends for Argon2id, about
    /// 25 ms of one core.
    pub const STANDARD: Self = Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 };
    /// As little as Argon2 allows: for tests, whose passwords protect nothing.
    pub const TESTS: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };
}

/// The shortest password, in characters (NIST SP 800-63B-4 allows 8 beside a second factor; 15 are advised).
const SHORTEST: usize = 8;
/// The longest, in bytes; hashing more would only cost time.
const LONGEST: usize = 1024;

/// How long an attempt waits for its turn before it is told to come back: under a flood of them others need the time.
const PATIENCE: Duration = Duration::from_secs(5);

/// Passwords that guessing programs try first, in lower case, one a line: the 3,000 most common of those that are long
/// enough (OWASP ASVS 5.0, 6.2.4), as zxcvbn 4.4.2 counts them in what was leaked, and words that others are made of.
const COMMON: &str = include_str!("common_passwords.txt");

/// Why a password is not good enough, as a sentence. `email` is its owner's.
pub fn check(password: &str, email: &str) -> Result<(), &'static str> {
    let password = normal(password);
    if password.chars().count() < SHORTEST {
        return Err("A password has at least 8 characters.");
    }
    if password.len() > LONGEST {
        return Err("A password has at most 1,024 bytes.");
    }
    let lower = password.to_lowercase();
    let email = email.to_lowercase();
    let local = email.split('@').next().unwrap_or_default();
    if lower == email || !local.is_empty() && lower.trim_end_matches(|c: char| c.is_ascii_digit()) == local {
        return Err("This is too close to the e-mail address.");
    }
    if is_common(&lower) {
        return Err("This is one of the first passwords anybody would guess.");
    }
    Ok(())
}

/// Whether guessing programs try a password early: the listed ones, those followed by a few digits or signs, and those
/// made of very few different characters.
fn is_common(lower: &str) -> bool {
    let stem = lower.trim_end_matches(|c: char| !c.is_alphabetic());
    let is_listed = |word: &str| COMMON.lines().any(|common| common == word);
    let mut letters: Vec<char> = lower.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    letters.len() < 4 || is_listed(lower) || lower.len() - stem.len() <= 4 && is_listed(stem)
}

/// One text for what looks the same, however a keyboard composed it (RFC 8265 asks for NFC; NFKC also joins the widths).
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// Hashes and checks, a few at a time: each takes much memory and a core for a while.
pub(super) struct Passwords {
    strength: Strength,
    turns: Arc<Semaphore>,
    /// What an attempt for an unknown user is checked against, so that it takes as long as any other.
    decoy: Arc<OnceLock<String>>,
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Wrong,
    Right,
    /// Right, but hashed with another strength than today's.
    RightButOld,
}

impl Passwords {
    pub fn new(strength: Strength) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { strength, turns: Arc::new(Semaphore::new((cores / 2).max(1))), decoy: Arc::default() }
    }

    pub async fn hash(&self, password: &str) -> Result<String, AppError> {
        let (strength, password) = (self.strength, normal(password));
        self.in_turn(move || hash(strength, &password)).await
    }

    /// Checks a password against a hash; without one, takes the same time to say that it is wrong.
    pub async fn verify(&self, password: &str, stored: Option<String>) -> Result<Verdict, AppError> {
        let (strength, decoy) = (self.strength, self.decoy.clone());
        // One that is far too long is not worth reading, and cannot be right.
        let password = if password.len() > 4 * LONGEST { String::new() } else { normal(password) };
        self.in_turn(move || {
            if decoy.get().is_none() {
                let made = hash(strength, "somebody who is not there")?;
                decoy.get_or_init(|| made);
            }
            let is_known = stored.is_some();
            let text = stored.or_else(|| decoy.get().cloned()).unwrap_or_default();
            let parsed = PasswordHash::new(&text).map_err(unexpected)?;
            let is_right =
                argon2(strength)?.verify_password(password.as_bytes(), &parsed).is_ok() && !password.is_empty();
            let is_current = Params::try_from(&parsed).is_ok_and(|p| {
                (p.m_cost(), p.t_cost(), p.p_cost()) == (strength.memory_kib, strength.passes, strength.lanes)
            });
            Ok(match (is_known && is_right, is_current) {
                (false, _) => Verdict::Wrong,
                (true, true) => Verdict::Right,
                (true, false) => Verdict::RightButOld,
            })
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| AppError::Unavailable)?.map_err(unexpected)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(unexpected)?
    }
}

fn argon2(strength: Strength) -> Result<Argon2<'static>, AppError> {
    let params = Params::new(strength.memory_kib, strength.passes, strength.lanes, None).map_err(unexpected)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(strength: Strength, password: &str) -> Result<String, AppError> {
    argon2(strength)?.hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(unexpected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_long_and_common_passwords_are_refused() {
        let check = |password: &str| check(password, "ana.lima@example.com");
        for good in ["correct horse battery", "Tr0ub4dor&3x", "ünïcödé!", &"x1 y2 z3 ".repeat(8)] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let too_long = "abcd".repeat(300);
        let bad = [
            "short",
            "ａｂｃ",
            "password",
            "Password123!",
            "12345678",
            "aaaaaaaaaaaa",
            "abababab",
            "QWERTY123",
            "letmein1",
            "1qaz2wsx",
            "trustno1",
            "ana.lima@example.com",
            "Ana.Lima2024",
            &too_long,
        ];
        for bad in bad {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_list_is_in_lower_case_and_holds_no_word_twice() {
        let words: Vec<&str> = COMMON.lines().collect();
        assert!(words.iter().all(|w| *w == w.to_lowercase().trim() && !w.is_empty()));
        let mut sorted = words.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), words.len());
        assert!(words.iter().filter(|w| w.len() >= SHORTEST).count() >= 3_000);
    }

    #[tokio::test]
    async fn a_password_is_recognised_however_it_was_composed() {
        let passwords = Passwords::new(Strength::TESTS);
        let hash = passwords.hash("caf\u{e9} au lait").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert_eq!(passwords.verify("cafe\u{301} au lait", Some(hash.clone())).await, Ok(Verdict::Right));
        assert_eq!(passwords.verify("cafe au lait", Some(hash.clone())).await, Ok(Verdict::Wrong));
        assert_eq!(passwords.verify("somebody who is not there", None).await, Ok(Verdict::Wrong));
        let stronger = Passwords::new(Strength { passes: 2, ..Strength::TESTS });
        assert_eq!(stronger.verify("caf\u{e9} au lait", Some(hash)).await, Ok(Verdict::RightButOld));
    }

    #[tokio::test]
    async fn the_standard_strength_is_what_the_hash_says() {
        let hash = Passwords::new(Strength::STANDARD).hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    }
}
