//! Sealed archives: any number of files in one, packed and encrypted, written and read from end to end in flat memory.
//!
//! An archive is a tar file, packed by Zstandard, sealed in pieces by XChaCha20-Poly1305 as STREAM (Hoang, Reyhanitabar,
//! Rogaway and Vizár, 2015): nothing in it can be changed, moved, left out or cut off without being noticed. Each has a
//! key of its own, derived from a secret and from a salt that its head names beside the secret's id, so that whoever
//! holds several secrets knows which opens it. Nothing else about it can be told without the secret.

mod seal;

use std::{
    fmt::Write as _,
    io::{self, Read, Write},
};

pub use seal::{HEAD, Secret};
use seal::{Opener, Sealer};
use sha2::{Digest, Sha256};

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("this is no archive of Mainstay's")]
    Foreign,
    /// Sealed with a secret that is not among those given.
    #[error("the archive was sealed with another key")]
    OtherKey,
    #[error("the archive is damaged or cut off")]
    Damaged,
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // What is authenticated and still makes no sense was damaged as well.
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Self::Damaged,
            _ => Self::Io(error),
        }
    }
}

/// Counts and hashes what goes through.
pub struct Hashing<T> {
    through: T,
    hash: Sha256,
    bytes: u64,
}

impl<T> Hashing<T> {
    pub fn new(through: T) -> Self {
        Self { through, hash: Sha256::new(), bytes: 0 }
    }

    /// How many bytes there were, and their SHA-256 in hexadecimal digits.
    pub fn sum(self) -> (u64, String) {
        let mut digits = String::with_capacity(64);
        for byte in self.hash.finalize() {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
        }
        (self.bytes, digits)
    }

    fn note(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

impl<T: Read> Read for Hashing<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.through.read(into)?;
        self.note(&into[..read]);
        Ok(read)
    }
}

impl<T: Write> Write for Hashing<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.through.write(bytes)?;
        self.note(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.through.flush()
    }
}

/// An archive in the making.
pub struct Writer<W: Write> {
    tar: tar::Builder<zstd::Encoder<'static, Sealer<W>>>,
}

impl<W: Write> Writer<W> {
    /// Begins an archive. The salt is random and used once.
    pub fn begin(to: W, secret: &Secret, salt: [u8; 32]) -> io::Result<Self> {
        let sealer = Sealer::begin(to, secret, salt)?;
        Ok(Self { tar: tar::Builder::new(zstd::Encoder::new(sealer, zstd::DEFAULT_COMPRESSION_LEVEL)?) })
    }

    /// Adds a file of so many bytes, and gives the SHA-256 of its content in hexadecimal digits. One that turns out
    /// shorter is an error; what is beyond is left out.
    pub fn add(&mut self, name: &str, bytes: u64, content: impl Read) -> io::Result<String> {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes);
        header.set_mode(0o600);
        let mut content = Hashing::new(content.take(bytes));
        self.tar.append_data(&mut header, name, &mut content)?;
        let (read, hash) = content.sum();
        if read == bytes { Ok(hash) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Ends the archive; without this, it is cut off.
    pub fn finish(self) -> io::Result<W> {
        self.tar.into_inner()?.finish()?.finish()
    }
}

/// Reads an archive from its beginning to its end and hands each file over; the end is authenticated too.
///
/// What `take` leaves of a file is skipped. Its errors end the reading.
pub fn read<E: From<Error>>(
    from: impl Read,
    secrets: &[Secret],
    mut take: impl FnMut(&str, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let opener = Opener::begin(from, secrets)?;
    let unpacked = zstd::Decoder::new(opener).map_err(Error::from)?;
    let mut tar = tar::Archive::new(unpacked);
    for entry in tar.entries().map_err(Error::from)? {
        let mut entry = entry.map_err(Error::from)?;
        let name = entry.path().map_err(Error::from)?.to_string_lossy().into_owned();
        take(&name, &mut entry)?;
    }
    // The tar file says where it ends; that nothing was cut off behind it, its seal does.
    io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(Error::from)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> Secret {
        Secret::new(&[byte; 32])
    }

    fn sample() -> Vec<u8> {
        let mut writer = Writer::begin(vec![], &secret(1), [7; 32]).unwrap();
        let long = vec![b'x'; 300_000];
        writer.add("one", 5, &b"hello"[..]).unwrap();
        writer.add("empty", 0, &b""[..]).unwrap();
        writer.add(&format!("deep/{}", "n".repeat(200)), 300_000, &long[..]).unwrap();
        // What does not pack makes the archive longer than one sealed piece.
        let noise: Vec<u8> = (0..200_000_u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
        writer.add("noise", 200_000, &noise[..]).unwrap();
        writer.finish().unwrap()
    }

    fn names(bytes: &[u8], secrets: &[Secret]) -> Result<Vec<(String, u64)>, Error> {
        let mut found = vec![];
        read(bytes, secrets, |name, content| {
            let bytes = io::copy(content, &mut io::sink())?;
            found.push((name.to_owned(), bytes));
            Ok::<(), Error>(())
        })?;
        Ok(found)
    }

    #[test]
    fn what_was_put_in_comes_out_in_order() {
        let archive = sample();
        let found = names(&archive, &[secret(9), secret(1)]).unwrap();
        let sizes: Vec<u64> = found.iter().map(|(_, bytes)| *bytes).collect();
        assert_eq!(sizes, [5, 0, 300_000, 200_000]);
        assert_eq!(found[2].0.len(), 205);
        assert!(!archive.windows(5).any(|w| w == b"hello"));
    }

    #[test]
    fn what_is_not_read_is_skipped() {
        let mut seen = 0;
        read(&sample()[..], &[secret(1)], |_, _| {
            seen += 1;
            Ok::<(), Error>(())
        })
        .unwrap();
        assert_eq!(seen, 4);
    }

    #[test]
    fn the_wrong_secret_says_so() {
        assert!(matches!(names(&sample(), &[secret(2)]), Err(Error::OtherKey)));
        assert!(matches!(
            names(b"PK\x03\x04 and so on, for more than the length of a head ....", &[]),
            Err(Error::Foreign)
        ));
        assert!(matches!(names(b"", &[secret(1)]), Err(Error::Foreign)));
    }

    #[test]
    fn every_cut_and_every_changed_piece_is_noticed() {
        let archive = sample();
        for end in (0..archive.len()).step_by(4_099).chain([HEAD, archive.len() - 1]) {
            assert!(names(&archive[..end], &[secret(1)]).is_err(), "cut at {end}");
        }
        for at in (0..archive.len()).step_by(2_003) {
            let mut changed = archive.clone();
            changed[at] ^= 1;
            assert!(names(&changed, &[secret(1)]).is_err(), "changed at {at}");
        }
        let mut longer = archive;
        longer.push(0);
        assert!(names(&longer, &[secret(1)]).is_err());
    }

    #[test]
    fn a_file_shorter_than_announced_is_refused() {
        let mut writer = Writer::begin(vec![], &secret(1), [7; 32]).unwrap();
        assert!(writer.add("one", 6, &b"hello"[..]).is_err());
    }

    #[test]
    fn hashes_are_those_of_the_content() {
        let mut writer = Writer::begin(vec![], &secret(1), [7; 32]).unwrap();
        let hash = writer.add("one", 3, &b"abc and more"[..]).unwrap();
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
