//! The binary `mainstay`: configuration, wiring, and everything that speaks HTTP.
//!
//! [`modules`] lists the modules the program is made of; [`cli`] is the command line, [`config`] what it can be told
//! from outside, [`web`] the assembled HTTP service. Domains are reached through their own doors: no business rule
//! lives here.

pub mod cli;
pub mod config;
pub mod log;
pub mod modules;
pub mod rest;
pub mod state;
pub mod web;
