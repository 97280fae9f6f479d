//! What each role may do, before an administrator decides otherwise, and what that is called.
//!
//! | | business records | what everybody shares (price lists, …) | users, teams, the organisation |
//! | --- | --- | --- | --- |
//! | Admin | everything | everything | everything |
//! | Manager | view, add, change, delete, import, export: the team's | the same, all | view |
//! | Sales Rep | view the team's; add, change, delete, export one's own | view, export | view |
//! | Viewer | view all | view | view |
//! | Guest | view one's own | — | — |
//!
//! "The team's" includes the teams below one's own, and always what is one's own.

use kernel::AppError;
use records::{
    ChoiceValue, Scoping,
    server::{Action, Ctx, Entry, Grants, Reach, Registry},
};

use super::{Identity, store};
use crate::Role;

/// The modules whose records run the program rather than the business.
const ADMINISTRATION: [&str; 2] = ["identity", "platform"];

/// What a role grants by default.
pub fn defaults(role: Role, registry: &Registry) -> Grants {
    if role == Role::Admin {
        return Grants::everything();
    }
    registry.entries().fold(Grants::default(), |grants, entry| {
        Action::ALL.into_iter().fold(grants, |grants, action| {
            let reach = default_reach(role, entry, action);
            grants.allow(entry.ty.name, action, reach)
        })
    })
}

fn default_reach(role: Role, entry: &Entry, action: Action) -> Reach {
    use Action::{Create, Delete, Edit, Export, Import, View};
    let is_administration = ADMINISTRATION.contains(&entry.module);
    let is_shared = entry.ty.scoping == Scoping::Shared;
    match (role, action) {
        (Role::Admin, _) => Reach::All,
        (Role::Guest, View) if !is_shared && !is_administration => Reach::Own,
        (Role::Guest, _) => Reach::None,
        (Role::Manager | Role::SalesRep | Role::Viewer, View) if is_shared || is_administration => Reach::All,
        _ if is_administration => Reach::None,
        (Role::Manager, _) | (Role::SalesRep, Export) if is_shared => Reach::All,
        (Role::SalesRep | Role::Viewer, _) if is_shared => Reach::None,
        (Role::Manager, _) | (Role::SalesRep, View) => Reach::Team,
        (Role::SalesRep, Create | Edit | Delete | Export) => Reach::Own,
        (Role::Viewer, View) => Reach::All,
        (Role::SalesRep, Import) | (Role::Viewer, _) => Reach::None,
    }
}

/// The names of all that is granted, as the login answer lists them: `view_contacts`, `change_companies`, and
/// `access_crm` where anything of a module may be seen.
pub fn permissions(grants: &Grants, registry: &Registry) -> Vec<String> {
    let mut names = vec![];
    for entry in registry.entries() {
        let granted = Action::ALL.into_iter().filter(|a| grants.reach(entry.ty.name, *a) != Reach::None);
        for action in granted {
            names.push(format!("{}_{}", action.permission(), entry.ty.name));
            if action == Action::View {
                names.push(format!("access_{}", entry.module));
            }
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// Decides how far a role may go with an action, in place of the default; `None` goes back to that.
///
/// The administrator's own grants cannot be cut: somebody has to be able to give them back. Nor can others be let
/// write users, who could then make themselves administrators. What everybody shares is nobody's own, so there it is
/// all or nothing.
pub async fn set_reach(
    identity: &Identity,
    ctx: &Ctx,
    role: Role,
    record_type: &str,
    action: Action,
    reach: Option<Reach>,
) -> Result<(), AppError> {
    super::users::administrate(ctx)?;
    let entry = ctx.entry(record_type)?;
    let refusal = match reach {
        _ if role == Role::Admin => Some("administrators may do everything"),
        Some(reach) if reach != Reach::None && entry.module == "identity" && action != Action::View => {
            Some("only administrators manage users and teams")
        }
        Some(Reach::Own | Reach::Team) if entry.ty.scoping == Scoping::Shared => {
            Some("these records are shared by everybody: it is all or none of them")
        }
        _ => None,
    };
    if let Some(refusal) = refusal {
        return Err(AppError::Conflict(refusal.into()));
    }
    let mut tx = ctx.db().begin().await?;
    store::set_reach(&mut tx, role.value(), record_type, action.name(), reach.map(Reach::name)).await?;
    tx.commit().await?;
    identity.forget();
    Ok(())
}

#[cfg(test)]
mod tests {
    use records::{Record, server::Module};

    use super::*;

    #[derive(Clone, Debug, Record)]
    #[record(table = "things", title = "name")]
    struct Thing {
        name: String,
    }

    fn registry() -> Registry {
        Registry::build(vec![crate::server::module(), Module::new("crm").record::<Thing>()]).unwrap()
    }

    #[test]
    fn a_higher_role_may_do_whatever_a_lower_one_may_save_looking_at_everything() {
        let registry = registry();
        for pair in Role::ALL.windows(2) {
            let (higher, lower) = (defaults(pair[0], &registry), defaults(pair[1], &registry));
            for entry in registry.entries() {
                for action in Action::ALL {
                    let is_viewers = pair[1] == Role::Viewer && action == Action::View;
                    let (higher, lower) = (higher.reach(entry.ty.name, action), lower.reach(entry.ty.name, action));
                    assert!(higher >= lower || is_viewers, "{:?} {} {action:?}", pair[0], entry.ty.name);
                }
            }
        }
    }

    #[test]
    fn only_administrators_write_users() {
        let registry = registry();
        for role in Role::ALL {
            let names = permissions(&defaults(role, &registry), &registry);
            assert_eq!(names.contains(&"change_users".to_owned()), role == Role::Admin, "{role:?}");
            assert_eq!(names.contains(&"add_teams".to_owned()), role == Role::Admin, "{role:?}");
            assert!(names.is_sorted());
        }
    }

    #[test]
    fn the_names_of_permissions_are_the_agreed_ones() {
        let registry = registry();
        let rep = permissions(&defaults(Role::SalesRep, &registry), &registry);
        let expected = [
            "access_crm",
            "access_identity",
            "add_things",
            "change_things",
            "delete_things",
            "export_things",
            "view_teams",
            "view_things",
            "view_users",
        ];
        assert_eq!(rep, expected);
        assert_eq!(permissions(&defaults(Role::Guest, &registry), &registry), ["access_crm", "view_things"]);
    }
}
