//! Who may do what: grants by role, and the permit without which no row is touched.

use std::{
    collections::{HashMap, HashSet},
    marker::PhantomData,
    ops::Deref,
    sync::Arc,
};

use uuid::Uuid;

use super::{Entry, Sql, condition::Way};
use crate::Scoping;

/// What one does with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    View,
    Create,
    Edit,
    Delete,
    Export,
    Import,
}

impl Action {
    pub const ALL: [Self; 6] = [Self::View, Self::Create, Self::Edit, Self::Delete, Self::Export, Self::Import];

    pub const fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Export => "export",
            Self::Import => "import",
        }
    }

    /// The verb in a permission's name, `change_companies`, as the source systems wrote it.
    pub const fn permission(self) -> &'static str {
        match self {
            Self::Create => "add",
            Self::Edit => "change",
            other => other.name(),
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name() == name)
    }
}

/// How far a grant goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    #[default]
    None,
    /// What one owns.
    Own,
    /// What one owns, and what belongs to one's teams.
    Team,
    All,
}

impl Reach {
    pub const ALL: [Self; 4] = [Self::None, Self::Own, Self::Team, Self::All];

    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Own => "own",
            Self::Team => "team",
            Self::All => "all",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }
}

/// All that a role grants. What is not granted is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    everything: bool,
    reach: HashMap<(String, Action), Reach>,
    hidden: HashSet<(String, String)>,
    read_only: HashSet<(String, String)>,
}

impl Grants {
    /// Every action on every record.
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    #[must_use]
    pub fn allow(mut self, record_type: &str, action: Action, reach: Reach) -> Self {
        self.reach.insert((record_type.to_owned(), action), reach);
        self
    }

    #[must_use]
    pub fn hide(mut self, record_type: &str, field: &str) -> Self {
        self.hidden.insert((record_type.to_owned(), field.to_owned()));
        self
    }

    #[must_use]
    pub fn read_only(mut self, record_type: &str, field: &str) -> Self {
        self.read_only.insert((record_type.to_owned(), field.to_owned()));
        self
    }

    pub fn reach(&self, record_type: &str, action: Action) -> Reach {
        match self.reach.get(&(record_type.to_owned(), action)) {
            Some(reach) => *reach,
            None if self.everything => Reach::All,
            None => Reach::None,
        }
    }

    fn fields(set: &HashSet<(String, String)>, entry: &Entry) -> Arc<[usize]> {
        let of_type = set.iter().filter(|(ty, _)| ty == entry.ty.name);
        of_type.filter_map(|(_, field)| entry.ty.field(field).map(|(i, _)| i)).collect()
    }
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// `None` for the program itself.
    pub user: Option<Uuid>,
    pub name: String,
    pub email: String,
    pub role: String,
    /// The team one is in.
    pub team: Option<Uuid>,
    /// That team and those below it.
    pub teams: Arc<[Uuid]>,
    pub grants: Arc<Grants>,
}

impl Actor {
    /// The program itself: commands of its administrator, and work nobody asked for.
    pub fn system() -> Self {
        Self {
            user: None,
            name: "Mainstay".to_owned(),
            email: String::new(),
            role: "system".to_owned(),
            team: None,
            teams: Arc::from([]),
            grants: Arc::new(Grants::everything()),
        }
    }
}

/// Which rows a permit covers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    None,
    Own(Uuid),
    Team { user: Uuid, teams: Arc<[Uuid]> },
    All,
}

/// The right to do one action with records of one type, within a scope. Only a context makes one.
#[derive(Clone, Debug)]
pub struct AnyPermit {
    pub(super) entry: Arc<Entry>,
    action: Action,
    scope: Scope,
    hidden: Arc<[usize]>,
    read_only: Arc<[usize]>,
    guarded: bool,
}

/// Two that let one do the same.
impl PartialEq for AnyPermit {
    fn eq(&self, other: &Self) -> bool {
        let same =
            |p: &Self| (p.entry.ty.name, p.action, p.scope.clone(), p.hidden.clone(), p.read_only.clone(), p.guarded);
        same(self) == same(other)
    }
}

impl AnyPermit {
    /// `None` when the actor may not do this with any record of the type.
    pub(super) fn new(actor: &Actor, entry: Arc<Entry>, action: Action) -> Option<Self> {
        let reach = actor.grants.reach(entry.ty.name, action);
        let scope = match (reach, entry.ty.scoping, actor.user) {
            (Reach::None, ..) => return None,
            (Reach::All, ..) | (_, Scoping::Shared, _) => Scope::All,
            (Reach::Own, _, Some(user)) => Scope::Own(user),
            (Reach::Team, _, Some(user)) => Scope::Team { user, teams: actor.teams.clone() },
            (_, _, None) => Scope::None,
        };
        let hidden = Grants::fields(&actor.grants.hidden, &entry);
        let read_only = Grants::fields(&actor.grants.read_only, &entry);
        Some(Self { entry, action, scope, hidden, read_only, guarded: false })
    }

    pub fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }

    pub const fn action(&self) -> Action {
        self.action
    }

    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Lets a use case of the type's own domain write guarded fields, which it has checked itself.
    #[must_use]
    pub fn guarded(mut self) -> Self {
        self.guarded = true;
        self
    }

    pub const fn writes_guarded(&self) -> bool {
        self.guarded
    }

    /// The predicate, on a row in memory.
    pub fn allows(&self, owner: Option<Uuid>, team: Option<Uuid>) -> bool {
        match &self.scope {
            Scope::None => false,
            Scope::Own(user) => owner == Some(*user),
            Scope::Team { user, teams } => owner == Some(*user) || team.is_some_and(|t| teams.contains(&t)),
            Scope::All => true,
        }
    }

    /// The predicate, in SQL over the row called `alias`: the same rows as [`Self::allows`].
    pub fn predicate(&self, sql: &mut Sql, alias: &str) {
        self.predicate_for(Way::Filter, sql, alias);
    }

    /// The same for a statement that gets at its rows in a way of its own.
    pub(super) fn predicate_for(&self, way: Way, sql: &mut Sql, alias: &str) {
        let column = |name: &str| way.tested(&format!("{alias}.{name}"));
        match &self.scope {
            Scope::None => sql.push("1 = 0"),
            Scope::All => sql.push("1 = 1"),
            Scope::Own(user) => {
                sql.push(&format!("{} = ", column("owner")));
                sql.bind(*user);
            }
            Scope::Team { user, teams } => {
                sql.push(&format!("({} = ", column("owner")));
                sql.bind(*user);
                if !teams.is_empty() {
                    sql.push(&format!(" or {} in ", column("team")));
                    sql.bind_list(teams.iter().copied());
                }
                sql.push(")");
            }
        }
    }

    pub fn may_see(&self, field: usize) -> bool {
        !self.hidden.contains(&field)
    }

    pub fn may_write(&self, field: usize) -> bool {
        self.may_see(field) && !self.read_only.contains(&field)
    }
}

/// A permit for a type known in advance.
#[derive(Clone, Debug)]
pub struct Permit<R> {
    any: AnyPermit,
    of: PhantomData<fn() -> R>,
}

impl<R> Permit<R> {
    pub(super) const fn new(any: AnyPermit) -> Self {
        Self { any, of: PhantomData }
    }

    /// See [`AnyPermit::guarded`].
    #[must_use]
    pub fn guarded(self) -> Self {
        Self::new(self.any.guarded())
    }
}

impl<R> Deref for Permit<R> {
    type Target = AnyPermit;
    fn deref(&self) -> &AnyPermit {
        &self.any
    }
}
