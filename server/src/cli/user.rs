//! People and sample data, from the command line.

use std::io::{BufRead, BufReader, Read};

use identity::{
    Role,
    server::users::{self, NewUser as User},
};
use kernel::{AppError, server::Rng};
use records::ChoiceValue;

use super::parse::NewUser;
use crate::state::State;

/// Who works at the sample company, the administrator first.
const STAFF: [(&str, &str, &str, Role); 4] = [
    ("Alex", "Morgan", "admin@example.com", Role::Admin),
    ("Maya", "Lindqvist", "maya@example.com", Role::Manager),
    ("Jonas", "Okafor", "jonas@example.com", Role::SalesRep),
    ("Priya", "Castellano", "priya@example.com", Role::SalesRep),
];

/// Adds a person whose password is the first line of `input`.
pub async fn create(state: &State, new: NewUser, input: &mut impl Read) -> Result<(), String> {
    let role = role(&new.role)?;
    let mut password = String::new();
    BufReader::new(input).read_line(&mut password).map_err(|e| format!("the password cannot be read: {e}"))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        return Err("standard input holds no password".to_owned());
    }
    let NewUser { email, first_name, last_name, .. } = new;
    let user = User { email: email.clone(), first_name, last_name, role, team: None, password: Some(password) };
    users::create(&state.identity, &state.identity.system(), user).await.map_err(|e| sentence(&e))?;
    println!("{email} can sign in.");
    Ok(())
}

/// Fills an empty database with a sample company and prints its administrator's e-mail and password.
///
/// A database with people in it is left alone: quietly with `if_empty`, else with an error.
pub async fn load_sample(state: &State, if_empty: bool) -> Result<(), String> {
    let ctx = state.identity.system();
    if users::count(&ctx).await.map_err(|e| sentence(&e))? > 0 {
        let refusal = "there are people in this database already; the sample company needs an empty one";
        return if if_empty { Ok(()) } else { Err(refusal.to_owned()) };
    }
    let password = random_password(state.app.rng());
    for (first_name, last_name, email, role) in STAFF {
        let user = User {
            email: email.to_owned(),
            first_name: Some(first_name.to_owned()),
            last_name: Some(last_name.to_owned()),
            role,
            team: None,
            // The others are there to own records, not to sign in.
            password: (role == Role::Admin).then(|| password.clone()),
        };
        users::create(&state.identity, &ctx, user).await.map_err(|e| sentence(&e))?;
    }
    let (companies, contacts) = crm::server::sample::load(&ctx).await.map_err(|e| sentence(&e))?;
    let (_, _, email, _) = STAFF[0];
    println!("Loaded {companies} companies and {contacts} contacts. The administrator signs in with\n");
    println!("  e-mail    {email}\n  password  {password}\n");
    Ok(())
}

fn role(text: &str) -> Result<Role, String> {
    let known = Role::OPTIONS;
    let found = known.iter().find(|o| o.value.eq_ignore_ascii_case(text) || o.label.eq_ignore_ascii_case(text));
    found.and_then(|o| Role::parse(&o.value)).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|o| o.value.as_ref()).collect();
        format!("there is no role {text:?}; expected one of {}", names.join(", "))
    })
}

/// About 90 bits, in groups that can be read out: no vowels, so no words, and nothing that looks like something else.
fn random_password(rng: &Rng) -> String {
    const LETTERS: &[u8; 32] = b"23456789bcdfghjkmnpqrstvwxzBCDFG";
    let letters: Vec<char> = rng.bytes::<18>().iter().map(|b| char::from(LETTERS[usize::from(b % 32)])).collect();
    letters.chunks(6).map(String::from_iter).collect::<Vec<_>>().join("-")
}

fn sentence(error: &AppError) -> String {
    let AppError::Invalid(errors) = error else { return error.sentence() };
    let fields = errors.0.iter().flat_map(|(field, messages)| messages.iter().map(move |m| format!("{field}: {m}")));
    fields.collect::<Vec<_>>().join(" ")
}
