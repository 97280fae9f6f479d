//! Users.

use kernel::{EmailAddress, Id, marks};
use records::{Choice, ChoiceValue, Record};

/// Somebody who can sign in.
#[derive(Clone, Debug, Record)]
#[record(table = "users", singular = "User", icon = "user", title = "full_name", shared)]
pub struct User {
    /// First and last name; the address where there is neither.
    #[field(computed, list, search, index, label = "Name")]
    pub full_name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    #[field(required, unique, list, search, subtitle, label = "E-mail")]
    pub email: EmailAddress,
    #[field(guarded, list, index, default = "guest")]
    pub role: Role,
    #[field(list, index)]
    pub team: Option<Id<marks::Team>>,
    /// Who is not cannot sign in.
    #[field(guarded, list, default = "yes")]
    pub active: bool,
}

/// What somebody may do, from most to least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
pub enum Role {
    /// Everything.
    #[choice(label = "Admin", colour = 5)]
    Admin,
    /// All that belongs to the team and the teams below it.
    #[choice(label = "Manager", colour = 4)]
    Manager,
    /// What is one's own, and a look at the team's.
    #[choice(label = "Sales Rep", colour = 2)]
    SalesRep,
    /// A look at everything.
    #[choice(label = "Viewer", colour = 1)]
    Viewer,
    /// A look at what is one's own.
    #[choice(label = "Guest")]
    Guest,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Admin, Self::Manager, Self::SalesRep, Self::Viewer, Self::Guest];

    /// The role of that stored name or label, in any case: `sales_rep`, `Sales Rep`.
    pub fn find(name: &str) -> Option<Self> {
        let name = name.trim();
        Self::ALL.into_iter().find(|role| {
            let option = Self::OPTIONS.iter().find(|o| o.value == role.value());
            role.value().eq_ignore_ascii_case(name) || option.is_some_and(|o| o.label.eq_ignore_ascii_case(name))
        })
    }

    pub const fn level(self) -> u8 {
        match self {
            Self::Admin => 4,
            Self::Manager => 3,
            Self::SalesRep => 2,
            Self::Viewer => 1,
            Self::Guest => 0,
        }
    }
}

impl User {
    /// The name to show for somebody with these parts of one.
    pub fn name_of(first: Option<&str>, last: Option<&str>, email: &str) -> String {
        let parts = [first, last].into_iter().flatten().map(str::trim).filter(|p| !p.is_empty());
        let name = parts.collect::<Vec<_>>().join(" ");
        if name.is_empty() { email.to_owned() } else { name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_what_there_is() {
        assert_eq!(User::name_of(Some("Ana"), Some("Lima"), "a@x.example"), "Ana Lima");
        assert_eq!(User::name_of(None, Some(" Lima "), "a@x.example"), "Lima");
        assert_eq!(User::name_of(Some(" "), None, "a@x.example"), "a@x.example");
    }

    #[test]
    fn roles_are_ordered_by_level() {
        assert!(Role::ALL.is_sorted_by(|a, b| a.level() > b.level()));
        for name in ["sales_rep", "Sales Rep", " SALES REP "] {
            assert_eq!(Role::find(name), Some(Role::SalesRep), "{name}");
        }
        assert_eq!(Role::find("boss"), None);
    }
}
