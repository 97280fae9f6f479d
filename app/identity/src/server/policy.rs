//! What roles grant and how teams hang together, remembered for a moment.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use kernel::AppError;
use records::{
    ChoiceValue,
    server::{Action, Grants, Reach},
};
use uuid::Uuid;

use super::{Identity, roles, store};
use crate::Role;

/// Together with the age of a remembered session this stays within a second.
const AGE: Duration = Duration::from_millis(400);

pub(super) struct Policy {
    grants: HashMap<String, Arc<Grants>>,
    parents: HashMap<Uuid, Option<Uuid>>,
}

impl Policy {
    /// What a role grants; a role nobody knows grants nothing.
    pub fn grants(&self, role: &str) -> Arc<Grants> {
        self.grants.get(role).cloned().unwrap_or_default()
    }

    /// A team and all below it.
    pub fn teams_of(&self, team: Option<Uuid>) -> Arc<[Uuid]> {
        let mut found: Vec<Uuid> = team.into_iter().collect();
        let mut next = 0;
        while let Some(above) = found.get(next).copied() {
            let below = self.parents.iter().filter(|(id, parent)| **parent == Some(above) && !found.contains(id));
            let below: Vec<Uuid> = below.map(|(id, _)| *id).collect();
            found.extend(below);
            next += 1;
        }
        found.into()
    }
}

struct Remembered {
    at: Instant,
    changes: u64,
    policy: Arc<Policy>,
}

#[derive(Default)]
pub(super) struct PolicyCache(RwLock<Option<Remembered>>);

impl PolicyCache {
    pub fn clear(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn known(&self, changes: u64) -> Option<Arc<Policy>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref().filter(|k| k.changes == changes && k.at.elapsed() < AGE);
        known.map(|k| k.policy.clone())
    }
}

/// The policy as it is now, or was a moment ago.
pub(super) async fn policy(identity: &Identity) -> Result<Arc<Policy>, AppError> {
    let changes = identity.app().registry().get("teams").map_or(0, |e| e.changes());
    if let Some(policy) = identity.policy().known(changes) {
        return Ok(policy);
    }
    let at = Instant::now();
    let policy = Arc::new(load(identity).await?);
    let remembered = Remembered { at, changes, policy: policy.clone() };
    *identity.policy().0.write().unwrap_or_else(PoisonError::into_inner) = Some(remembered);
    Ok(policy)
}

async fn load(identity: &Identity) -> Result<Policy, AppError> {
    let (db, registry) = (identity.app().db(), identity.app().registry());
    let mut grants: HashMap<String, Grants> =
        Role::ALL.into_iter().map(|role| (role.value().to_owned(), roles::defaults(role, registry))).collect();
    for (role, record_type, action, reach) in store::role_permissions(db).await? {
        // What is left of a type or a word the program no longer knows grants nothing.
        let known = (Action::parse(&action), Reach::parse(&reach));
        if let (Some(of_role), (Some(action), Some(reach))) = (grants.get_mut(&role), known) {
            *of_role = std::mem::take(of_role).allow(&record_type, action, reach);
        }
    }
    for (role, record_type, field, access) in store::role_fields(db).await? {
        if let Some(of_role) = grants.get_mut(&role) {
            let taken = std::mem::take(of_role);
            *of_role = if access == "hidden" {
                taken.hide(&record_type, &field)
            } else {
                taken.read_only(&record_type, &field)
            };
        }
    }
    let grants = grants.into_iter().map(|(role, grants)| (role, Arc::new(grants))).collect();
    Ok(Policy { grants, parents: store::team_parents(db).await? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn teams_reach_down_and_circles_end() {
        let id = Uuid::from_u128;
        let parents = [(1, None), (2, Some(1)), (3, Some(2)), (4, None), (5, Some(6)), (6, Some(5))];
        let parents = parents.into_iter().map(|(team, parent)| (id(team), parent.map(id))).collect();
        let policy = Policy { grants: HashMap::new(), parents };
        let below = |team| policy.teams_of(Some(id(team))).iter().map(Uuid::as_u128).collect::<Vec<_>>();
        assert_eq!(below(1), [1, 2, 3]);
        assert_eq!(below(4), [4]);
        assert_eq!(below(5), [5, 6]);
        assert!(policy.teams_of(None).is_empty());
    }
}
