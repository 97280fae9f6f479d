//! Sealing a stream of bytes piece by piece, and opening it.

use std::io::{self, Read, Write};

use aead_stream::{DecryptorBE32, EncryptorBE32};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305};
use hkdf::Hkdf;
use sha2::Sha256;

use crate::Error;

const MAGIC: &[u8; 5] = b"MSTY\x01";
const ID: usize = 8;
const SALT: usize = 32;
/// The length of what stands before the first piece.
pub const HEAD: usize = MAGIC.len() + ID + SALT;
/// Plain bytes of a piece; the last may have fewer.
const PIECE: usize = 64 << 10;
const TAG: usize = 16;

/// A secret that archives are sealed with. Its id tells nothing about it.
#[derive(Clone)]
pub struct Secret {
    bytes: [u8; 32],
    id: [u8; ID],
}

impl Secret {
    pub fn new(bytes: &[u8; 32]) -> Self {
        let mut id = [0; ID];
        expand(b"mainstay archive id", bytes, b"", &mut id);
        Self { bytes: *bytes, id }
    }

    /// The secret's id in hexadecimal digits.
    pub fn id(&self) -> String {
        use std::fmt::Write as _;
        self.id.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The key of one archive: bound to its whole head.
    fn key(&self, head: &[u8]) -> XChaCha20Poly1305 {
        let mut key = [0; 32];
        expand(&head[MAGIC.len() + ID..], &self.bytes, head, &mut key);
        XChaCha20Poly1305::new(&Key::from(key))
    }
}

fn expand(salt: &[u8], secret: &[u8; 32], info: &[u8], key: &mut [u8]) {
    let done = Hkdf::<Sha256>::new(Some(salt), secret).expand(info, key);
    debug_assert!(done.is_ok(), "keys are far shorter than the longest there is");
}

/// Each archive has a key of its own, so the pieces may be counted from zero.
const NONCE: [u8; 19] = [0; 19];

/// Seals what is written and passes it on.
pub struct Sealer<W> {
    to: W,
    stream: EncryptorBE32<XChaCha20Poly1305>,
    piece: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    pub fn begin(mut to: W, secret: &Secret, salt: [u8; SALT]) -> io::Result<Self> {
        let head = [&MAGIC[..], &secret.id, &salt].concat();
        to.write_all(&head)?;
        let stream = EncryptorBE32::from_aead(secret.key(&head), &NONCE.into());
        Ok(Self { to, stream, piece: Vec::with_capacity(PIECE + TAG) })
    }

    /// Writes the last piece, and so the end.
    pub fn finish(mut self) -> io::Result<W> {
        self.stream.encrypt_last_in_place(b"", &mut self.piece).map_err(|_| too_long())?;
        self.to.write_all(&self.piece)?;
        self.to.flush()?;
        Ok(self.to)
    }
}

fn too_long() -> io::Error {
    io::ErrorKind::FileTooLarge.into()
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece stays until more comes: the last one is sealed as such.
        if self.piece.len() == PIECE {
            self.stream.encrypt_next_in_place(b"", &mut self.piece).map_err(|_| too_long())?;
            self.to.write_all(&self.piece)?;
            self.piece.clear();
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Reads what was sealed.
pub struct Opener<R> {
    from: R,
    /// Until the last piece was opened.
    stream: Option<DecryptorBE32<XChaCha20Poly1305>>,
    piece: Vec<u8>,
    given: usize,
    /// The first byte of the next piece, which tells whether there is one.
    ahead: Option<u8>,
    /// What does not open is no end either, however often one asks.
    is_damaged: bool,
}

impl<R: Read> Opener<R> {
    pub fn begin(mut from: R, secrets: &[Secret]) -> Result<Self, Error> {
        let mut head = Vec::with_capacity(HEAD);
        from.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(Error::Io)?;
        if head.len() < HEAD || !head.starts_with(MAGIC) {
            return Err(Error::Foreign);
        }
        let id = &head[MAGIC.len()..MAGIC.len() + ID];
        let secret = secrets.iter().find(|secret| secret.id == id).ok_or(Error::OtherKey)?;
        let stream = DecryptorBE32::from_aead(secret.key(&head), &NONCE.into());
        let piece = Vec::with_capacity(PIECE + TAG);
        let mut opener = Self { from, stream: Some(stream), piece, given: 0, ahead: None, is_damaged: false };
        opener.ahead = opener.one()?;
        Ok(opener)
    }

    fn one(&mut self) -> io::Result<Option<u8>> {
        let mut byte = [0];
        loop {
            match self.from.read(&mut byte) {
                Ok(0) => return Ok(None),
                Ok(_) => return Ok(Some(byte[0])),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Opens the next piece.
    fn next(&mut self, mut stream: DecryptorBE32<XChaCha20Poly1305>) -> io::Result<()> {
        self.piece.extend(self.ahead);
        let rest = (PIECE + TAG - self.piece.len()) as u64;
        self.from.by_ref().take(rest).read_to_end(&mut self.piece)?;
        self.ahead = if self.piece.len() == PIECE + TAG { self.one()? } else { None };
        let opened = if self.ahead.is_some() {
            stream.decrypt_next_in_place(b"", &mut self.piece).map(|()| self.stream = Some(stream))
        } else {
            stream.decrypt_last_in_place(b"", &mut self.piece)
        };
        opened.map_err(|_| io::ErrorKind::InvalidData.into())
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.piece.len() {
            if self.is_damaged {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let Some(stream) = self.stream.take() else { return Ok(0) };
            self.piece.clear();
            self.given = 0;
            if let Err(error) = self.next(stream) {
                self.piece.clear();
                self.is_damaged = true;
                return Err(error);
            }
        }
        let read = into.len().min(self.piece.len() - self.given);
        into[..read].copy_from_slice(&self.piece[self.given..self.given + read]);
        self.given += read;
        Ok(read)
    }
}
