//! Settings: what the environment fixes, else what an administrator set, else what is usual.

mod renew;
mod store;
pub mod vault;

use std::collections::BTreeMap;

use jobs::server::ensure_administrator;
use kernel::{AppError, FieldErrors, server::unexpected};
use records::server::{App, Ctx};
pub use renew::RenewSecrets;
pub use store::STATEMENTS;

use crate::{Field, Kind, Section, Shown, Texts};
use vault::{Place, Vault, VaultError};

/// What goes before the screens: by key, the value and where it is set.
#[derive(Clone, Debug, Default)]
pub struct Fixed(pub BTreeMap<&'static str, (String, &'static str)>);

fn place(key: &str) -> Place<'_> {
    Place::named("system_settings", "sealed", key)
}

/// Every section that a module has declared.
#[derive(Clone, Copy, Debug)]
pub struct Sections(pub &'static [&'static Section]);

impl Sections {
    /// The field of a key.
    pub fn field(self, key: &str) -> Option<&'static Field> {
        self.0.iter().flat_map(|section| section.fields).find(|field| field.key == key)
    }
}

fn find(ctx: &Ctx, section: &str) -> Result<&'static Section, AppError> {
    let sections = ctx.app.service::<Sections>()?;
    sections.0.iter().find(|s| s.name == section).copied().ok_or(AppError::NotFound)
}

/// A value, or why there is none to use.
type Found = Result<String, VaultError>;

/// The value of each field, with where it is fixed and whether it is set at all.
async fn read(
    app: &App,
    section: &Section,
) -> Result<BTreeMap<&'static str, (Found, Option<&'static str>, bool)>, AppError> {
    let (fixed, vault) = (app.service::<Fixed>()?, app.service::<Vault>()?);
    let mut rows = store::all(app.db()).await?;
    let value = |field: &Field| {
        let own = rows.remove(field.key);
        if let Some((value, source)) = fixed.0.get(field.key) {
            return (Ok(value.clone()), Some(*source), true);
        }
        match own {
            Some((_, Some(sealed))) => {
                let opened = vault.open(place(field.key), &sealed);
                (opened.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()), None, true)
            }
            Some((Some(value), None)) => (Ok(value), None, true),
            _ => (Ok(field.usual.to_owned()), None, false),
        }
    };
    Ok(section.fields.iter().map(|f| f.key).zip(section.fields.iter().map(value)).collect())
}

/// The values of a section. A secret that cannot be opened is an error of its field.
pub async fn texts(app: &App, section: &Section) -> Result<Result<Texts, FieldErrors>, AppError> {
    let (mut texts, mut errors) = (Texts::new(), FieldErrors::default());
    for (key, (found, ..)) in read(app, section).await? {
        match found {
            Ok(text) => drop(texts.insert(key.to_owned(), text)),
            Err(error) => errors.add(key, unusable(error)),
        }
    }
    Ok(if errors.is_empty() { Ok(texts) } else { Err(errors) })
}

/// A secret of the program's own, made when it is asked for the first time. All processes agree on one.
pub async fn own_secret(
    app: &App,
    name: &'static str,
    new: impl FnOnce() -> Result<Vec<u8>, AppError>,
) -> Result<Result<Vec<u8>, VaultError>, AppError> {
    let vault = app.service::<Vault>()?;
    let mut sealed = store::find_sealed(app.db(), name).await?;
    if sealed.is_none() {
        let mut tx = app.db().begin().await?;
        store::add_sealed(&mut tx, name, vault.seal(place(name), &new()?), app.clock().now()).await?;
        tx.commit().await?;
        // Another process may have been faster.
        sealed = store::find_sealed(app.db(), name).await?;
    }
    let sealed = sealed.ok_or_else(|| unexpected(format!("{name} was not kept")))?;
    Ok(vault.open(place(name), &sealed))
}

fn unusable(error: VaultError) -> String {
    match error {
        VaultError::OtherKey => {
            "This was sealed with a key that is not in the secret key file. Put that key back as a \
                                 second line of the file, or enter the secret anew."
                .to_owned()
        }
        VaultError::Damaged => "What is stored cannot be opened. Enter the secret anew.".to_owned(),
    }
}

/// A section as its screen shows it.
pub async fn show(ctx: &Ctx, section: &str) -> Result<BTreeMap<String, Shown>, AppError> {
    ensure_administrator(ctx)?;
    let section = find(ctx, section)?;
    let mut shown = BTreeMap::new();
    let mut found = read(&ctx.app, section).await?;
    for field in section.fields {
        let Some((value, fixed_by, is_set)) = found.remove(field.key) else { continue };
        let trouble = value.as_ref().err().map(|error| unusable(*error));
        let is_secret = field.kind == Kind::Secret;
        let value = if is_secret { String::new() } else { value.unwrap_or_default() };
        let fixed_by = fixed_by.map(str::to_owned);
        shown.insert(field.key.to_owned(), Shown { value, is_set, fixed_by, trouble });
    }
    Ok(shown)
}

/// Sets fields; those left out stay as they are, and an empty secret is forgotten.
pub async fn save(ctx: &Ctx, section: &str, given: &Texts) -> Result<Result<(), FieldErrors>, AppError> {
    ensure_administrator(ctx)?;
    let section = find(ctx, section)?;
    let (mut errors, mut after) = (FieldErrors::default(), Texts::new());
    for (key, (found, fixed_by, _)) in read(&ctx.app, section).await? {
        match (given.get(key), fixed_by) {
            (Some(_), Some(source)) => errors.add(key, format!("This is set by {source}.")),
            (Some(text), None) => drop(after.insert(key.to_owned(), text.trim().to_owned())),
            (None, _) => match found {
                Ok(text) => drop(after.insert(key.to_owned(), text)),
                Err(error) => errors.add(key, unusable(error)),
            },
        }
    }
    for key in given.keys().filter(|key| !section.fields.iter().any(|f| f.key == **key)) {
        errors.add(key, "There is no such setting.");
    }
    for field in section.fields.iter().filter(|f| given.contains_key(f.key)) {
        if let Some(Err(why)) = after.get(field.key).map(|text| field.check(text)) {
            errors.add(field.key, why);
        }
    }
    if errors.is_empty() {
        errors = (section.check)(&after);
    }
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    let vault = ctx.app.service::<Vault>()?;
    let mut tx = ctx.db().begin().await?;
    for field in section.fields.iter().filter(|f| given.contains_key(f.key)) {
        let text = &after[field.key];
        match field.kind {
            Kind::Secret if text.is_empty() => store::remove(&mut tx, field.key).await?,
            Kind::Secret => {
                let sealed = vault.seal(place(field.key), text.as_bytes());
                store::put(&mut tx, field.key, None, Some(sealed), ctx.actor.user, ctx.now()).await?;
            }
            _ => store::put(&mut tx, field.key, Some(text), None, ctx.actor.user, ctx.now()).await?,
        }
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Adds the jobs and schedules of settings.
pub fn add_jobs(kinds: jobs::server::Kinds) -> jobs::server::Kinds {
    kinds.with::<RenewSecrets>().every(RenewSecrets::schedule())
}
