//! Companies and contacts from files, as real ones are.
#![cfg(feature = "ssr")]
#![expect(clippy::unwrap_used, reason = "a test says what it has to say by failing")]

mod imports {
    pub mod world;

    mod bad_files;
    mod matching;
    mod recovery;
    mod references;
    mod samples;
}
