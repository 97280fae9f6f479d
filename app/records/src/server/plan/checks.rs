//! What a plan looks at once the values are assigned: whose records they are, and whether each value may stand.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kernel::AppError;
use uuid::Uuid;

use super::{PlanCx, Step};
use crate::{
    Field, Flags, Scoping,
    server::{Action, AnyPermit, Stored, storage},
    text,
};

/// Keeps the system columns `owner` and `team` in step: a record belongs to its owner's team.
pub(super) async fn settle_owners(cx: &mut PlanCx<'_>, steps: &mut [Step]) -> Result<(), AppError> {
    let ty = cx.permit.entry().ty;
    let (owner, team) = (ty.field("owner").map(|(i, _)| i), ty.field("team").map(|(i, _)| i));
    let mut owners = BTreeSet::new();
    for step in steps.iter_mut().filter(|s| s.is_sound()) {
        let Some(after) = &mut step.after else { continue };
        if let Some(team) = team {
            after.meta.team = after.cells.at(team).as_id();
        }
        if let Some(owner) = owner {
            after.meta.owner = after.cells.at(owner).as_id();
            owners.extend(after.meta.owner);
        }
    }
    let teams = if team.is_none() { teams_of(cx, owners).await? } else { HashMap::new() };
    for step in steps.iter_mut().filter(|s| s.is_sound()) {
        let Some(after) = &mut step.after else { continue };
        if team.is_none() && owner.is_some() {
            after.meta.team = after.meta.owner.and_then(|o| teams.get(&o).copied());
        }
        let is_beyond = step.action == "create" && !cx.permit.allows(after.meta.owner, after.meta.team);
        if is_beyond && ty.scoping == Scoping::Owner {
            step.errors.add("owner", "You may create records of your own only.");
        }
    }
    Ok(())
}

async fn teams_of(cx: &mut PlanCx<'_>, owners: BTreeSet<Uuid>) -> Result<HashMap<Uuid, Uuid>, AppError> {
    let mut teams = HashMap::new();
    if owners.len() == 1 && owners.first().copied() == cx.ctx.actor.user {
        teams.extend(cx.ctx.actor.user.zip(cx.ctx.actor.team));
        return Ok(teams);
    }
    if !owners.is_empty() {
        let mut sql = cx.sql();
        sql.push("select id, team from users where team is not null and id in ");
        sql.bind_list(owners);
        for row in cx.fetch(sql).await? {
            teams.insert(row.get(0)?, row.get(1)?);
        }
    }
    Ok(teams)
}

/// Checks the finished values: rules may have changed them.
pub(super) fn check_values(permit: &AnyPermit, steps: &mut [Step]) {
    let fields = permit.entry().ty.fields;
    for step in steps.iter_mut().filter(|s| s.refusal.is_none() && matches!(s.action, "create" | "edit")) {
        let Some(after) = &mut step.after else { continue };
        for (i, field) in fields.iter().enumerate() {
            let is_touched = step.before.as_ref().is_none_or(|b| b.cells.at(i) != after.cells.at(i));
            if !is_touched || step.errors.first(&field.name).is_some() {
                continue;
            }
            match text::check_field(field, after.cells.at(i).clone()) {
                Ok(value) => after.cells.set(i, value),
                Err(why) => step.errors.add(field.name.as_ref(), format!("This {why}.")),
            }
        }
    }
}

/// A reference that is set leads to a record that exists and that the actor may see.
pub(super) async fn check_references(cx: &mut PlanCx<'_>, steps: &mut [Step]) -> Result<(), AppError> {
    let fields = cx.permit.entry().ty.fields;
    for (i, field) in fields.iter().enumerate() {
        let Some(target) = field.kind.target() else { continue };
        let set = |step: &Step| {
            let after = step.after.as_ref().filter(|_| step.refusal.is_none())?.cells.at(i).as_id()?;
            let before = step.before.as_ref().and_then(|b| b.cells.at(i).as_id());
            (before != Some(after)).then_some(after)
        };
        let mut wanted: BTreeSet<Uuid> = steps.iter().filter_map(set).collect();
        if wanted.is_empty() {
            continue;
        }
        // One's own account is known to oneself.
        let mut found: BTreeSet<Uuid> = cx.ctx.actor.user.filter(|_| target == "users").into_iter().collect();
        wanted.retain(|id| !found.contains(id));
        let target_entry = cx.ctx.app.registry().get(target).filter(|_| !wanted.is_empty());
        if let Some(permit) = target_entry.and_then(|entry| cx.ctx.find_permit(entry, Action::View)) {
            let mut sql = cx.sql();
            sql.push(&format!("select t.id from {target} t where t.deleted_at is null and "));
            permit.predicate(&mut sql, "t");
            sql.push(" and t.id in ");
            sql.bind_list(wanted);
            for row in cx.fetch(sql).await? {
                found.insert(row.get::<Uuid>(0)?);
            }
        }
        for step in steps.iter_mut() {
            let Some(id) = set(step) else { continue };
            if !found.contains(&id) {
                step.errors.add(field.name.as_ref(), "This leads to no record you can see.");
            } else if id == step.id {
                step.errors.add(field.name.as_ref(), "A record cannot refer to itself.");
            }
        }
    }
    Ok(())
}

/// Who claims the values of a unique field, and who holds them.
struct Claims<'a> {
    place: usize,
    field: &'a Field,
    /// Steps that claim what another step claims already.
    twice: BTreeSet<Uuid>,
    holders: HashMap<String, Uuid>,
}

impl Claims<'_> {
    fn key(&self, row: Option<&Stored>) -> Option<String> {
        storage::compare_key(&self.field.kind, row?.cells.at(self.place))
    }

    /// The value that a step takes.
    fn claimed(&self, step: &Step) -> Option<String> {
        let is_back = step.action == "restore";
        let is_live = step.action != "delete" && step.refusal.is_none();
        let (before, after) = (self.key(step.before.as_ref()), self.key(step.after.as_ref()));
        (is_live && (is_back || before != after)).then_some(after).flatten()
    }

    fn gives_up(&self, step: &Step) -> bool {
        let (before, after) = (step.before.as_ref(), step.after.as_ref());
        step.is_sound() && step.action == "edit" && self.key(before) != self.key(after)
    }
}

/// Unique values, among the steps and against the table. Returns the records that hand values to one another.
pub(super) async fn check_unique(cx: &mut PlanCx<'_>, steps: &mut [Step]) -> Result<BTreeSet<Uuid>, AppError> {
    let ty = cx.permit.entry().ty;
    let mut all = vec![];
    for (place, field) in ty.fields.iter().enumerate().filter(|(_, f)| f.is(Flags::UNIQUE)) {
        let mut claims = Claims { place, field, twice: BTreeSet::new(), holders: HashMap::new() };
        let mut claimants: BTreeMap<String, Uuid> = BTreeMap::new();
        for step in steps.iter() {
            if let Some(key) = claims.claimed(step)
                && let Some(first) = claimants.insert(key, step.id)
                && first != step.id
            {
                claims.twice.insert(step.id);
            }
        }
        let column = storage::key_column(field);
        let keys: Vec<String> = claimants.into_keys().collect();
        for some in keys.chunks(500) {
            let mut sql = cx.sql();
            sql.push(&format!("select id, {column} from {} where deleted_at is null and {column} in ", ty.name));
            sql.bind_list(some.iter().map(String::as_str));
            for row in cx.fetch(sql).await? {
                claims.holders.insert(row.get::<String>(1)?, row.get::<Uuid>(0)?);
            }
        }
        all.push(claims);
    }
    let what = ty.singular.to_lowercase();
    loop {
        let mut exchanging = BTreeSet::new();
        let mut errors = vec![];
        for claims in &all {
            let gives_up: BTreeSet<Uuid> = steps.iter().filter(|s| claims.gives_up(s)).map(|s| s.id).collect();
            for (place, step) in steps.iter().enumerate() {
                if step.errors.first(&claims.field.name).is_some() {
                    continue;
                }
                let Some(key) = claims.claimed(step) else { continue };
                match claims.holders.get(&key).copied().filter(|holder| *holder != step.id) {
                    _ if claims.twice.contains(&step.id) => {
                        errors.push((place, claims.field, format!("Another {what} here has the same.")));
                    }
                    Some(holder) if gives_up.contains(&holder) => {
                        exchanging.extend(step.is_sound().then_some([holder, step.id]).into_iter().flatten());
                    }
                    Some(_) => errors.push((place, claims.field, format!("Another {what} already has this."))),
                    None => {}
                }
            }
        }
        // Who is refused gives nothing up, and whoever counted on it is refused too.
        if errors.is_empty() {
            return Ok(exchanging);
        }
        for (place, field, why) in errors {
            steps[place].errors.add(field.name.as_ref(), why);
        }
    }
}
