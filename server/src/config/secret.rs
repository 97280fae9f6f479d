//! The key from which every secret of the installation is derived.

use std::{fs, io::Write, path::Path};

use kernel::server::Rng;

use super::ConfigError;

/// 32 random bytes. Whoever has them can read what is encrypted in the database: they are in no log and no backup.
/// Former keys may follow, which only open what they sealed.
#[derive(Clone)]
pub struct SecretKey {
    present: [u8; 32],
    former: Vec<[u8; 32]>,
}

impl SecretKey {
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.present
    }

    pub fn former(&self) -> &[[u8; 32]] {
        &self.former
    }

    /// Reads the key, or makes one at the first start.
    ///
    /// The file holds 64 hexadecimal digits, and former keys as further lines; it is the owner's alone.
    pub fn open_or_create(path: &Path) -> Result<Self, ConfigError> {
        match fs::read_to_string(path) {
            Ok(text) => {
                refuse_strangers(path)?;
                let keys: Option<Vec<_>> = text.split_whitespace().map(decode).collect();
                let mut keys = keys.unwrap_or_default().into_iter();
                let present = keys.next().ok_or_else(|| {
                    ConfigError(format!("{} holds no key; expected 64 hexadecimal digits", path.display()))
                })?;
                Ok(Self { present, former: keys.collect() })
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Self::create(path),
            Err(e) => Err(ConfigError(format!("the secret key {} cannot be read: {e}", path.display()))),
        }
    }

    fn create(path: &Path) -> Result<Self, ConfigError> {
        let failed =
            |e: std::io::Error| ConfigError(format!("the secret key {} cannot be written: {e}", path.display()));
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let key: [u8; 32] = Rng::system().bytes();
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = match options.open(path) {
            // Another process of this installation was faster.
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => return Self::open_or_create(path),
            other => other.map_err(failed)?,
        };
        let digits = key.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        writeln!(file, "{digits}").and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(Self { present: key, former: vec![] })
    }
}

fn decode(digits: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    for (i, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(unix)]
fn refuse_strangers(path: &Path) -> Result<(), ConfigError> {
    use std::os::unix::fs::PermissionsExt;

    let mode = fs::metadata(path).map_or(0, |m| m.permissions().mode());
    let others = mode & 0o007;
    if others != 0 {
        return Err(ConfigError(format!("the secret key {0} is open to everyone; run chmod 600 {0}", path.display())));
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_strangers(_: &Path) -> Result<(), ConfigError> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/secret.key");
        let made = SecretKey::open_or_create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(SecretKey::open_or_create(&path).unwrap().bytes(), made.bytes());
        assert_ne!(made.bytes(), &[0; 32]);
    }

    #[test]
    fn a_key_others_can_read_or_that_is_cut_short_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        SecretKey::open_or_create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(SecretKey::open_or_create(&path).err().unwrap().0.contains("chmod 600"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "abc").unwrap();
        assert!(SecretKey::open_or_create(&path).is_err());
    }
}
