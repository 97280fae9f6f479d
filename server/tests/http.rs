//! Everything that can be seen of the program over HTTP. One file for each part of the address space.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod http {
    mod api;
    mod assets;
    mod compression;
    mod functions;
    mod health;
    mod methods;
    mod pages;
    mod patience;
    mod protection;
    mod sockets;
    mod support;
}
