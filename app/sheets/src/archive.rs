//! Several files in one.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A ZIP archive, a file after another.
pub struct Archive(ZipWriter<BufWriter<File>>);

impl Archive {
    pub fn new(file: File) -> Self {
        Self(ZipWriter::new(BufWriter::new(file)))
    }

    /// Begins a file; what is written from here on is its content.
    pub fn begin(&mut self, name: &str) -> io::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(1))
            .large_file(true);
        Ok(self.0.start_file(name, options)?)
    }

    pub fn finish(self) -> io::Result<()> {
        self.0.finish()?.flush()
    }
}

impl Write for Archive {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
