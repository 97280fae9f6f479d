//! What a plan looks at once the values are assigned: whose records they are, and whether each value may stand.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kernel::AppError;
use uuid::Uuid;

use super::{PlanCx, Step};
use crate::{
    Flags, Scoping,
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
        let wanted: BTreeSet<Uuid> = steps.iter().filter_map(set).collect();
        if wanted.is_empty() {
            continue;
        }
        let mut found = BTreeSet::new();
        if let Some(permit) = cx.ctx.app.registry().get(target).and_then(|e| cx.ctx.find_permit(e, Action::View)) {
            let mut sql = cx.sql();
            sql.push(&format!("select t.id from {target} t where t.deleted_at is null and "));
            permit.predicate(&mut sql, "t");
            sql.push(" and t.id in ");
            sql.bind_list(wanted);
            for row in cx.fetch(sql).await? {
                found.insert(row.get::<Uuid>(0)?);
            }
        }
        // One's own account is known to oneself.
        found.extend(cx.ctx.actor.user.filter(|_| target == "users"));
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

/// Unique values, among the steps and against the table. Returns the records that hand values to one another.
pub(super) async fn check_unique(cx: &mut PlanCx<'_>, steps: &mut [Step]) -> Result<BTreeSet<Uuid>, AppError> {
    let ty = cx.permit.entry().ty;
    let mut exchanging = BTreeSet::new();
    for (i, field) in ty.fields.iter().enumerate().filter(|(_, f)| f.is(Flags::UNIQUE)) {
        let key = |row: &Option<Stored>| row.as_ref().and_then(|r| storage::compare_key(&field.kind, r.cells.at(i)));
        // The value a step takes, and the one it gives up.
        let claimed = |step: &Step| {
            let is_back = step.action == "restore";
            let is_live = step.action != "delete" && step.refusal.is_none();
            let (before, after) = (key(&step.before), key(&step.after));
            (is_live && (is_back || before != after)).then_some(after).flatten()
        };
        let mut claimants: BTreeMap<String, Uuid> = BTreeMap::new();
        let mut twice = BTreeSet::new();
        for step in steps.iter() {
            if let Some(key) = claimed(step)
                && let Some(first) = claimants.insert(key, step.id)
                && first != step.id
            {
                twice.insert(step.id);
            }
        }
        let mut holders = HashMap::new();
        let column = storage::key_column(field);
        let keys: Vec<String> = claimants.keys().cloned().collect();
        for some in keys.chunks(500) {
            let mut sql = cx.sql();
            sql.push(&format!("select id, {column} from {} where deleted_at is null and {column} in ", ty.name));
            sql.bind_list(some.iter().map(String::as_str));
            for row in cx.fetch(sql).await? {
                holders.insert(row.get::<String>(1)?, row.get::<Uuid>(0)?);
            }
        }
        let gives_up: BTreeSet<Uuid> = steps
            .iter()
            .filter(|s| s.is_sound() && s.action == "edit" && key(&s.before) != key(&s.after))
            .map(|s| s.id)
            .collect();
        let what = ty.singular.to_lowercase();
        for step in steps.iter_mut() {
            let Some(key) = claimed(step) else { continue };
            let holder = holders.get(&key).copied().filter(|holder| *holder != step.id);
            match holder {
                Some(holder) if gives_up.contains(&holder) => {
                    exchanging.extend([holder, step.id]);
                }
                Some(_) => step.errors.add(field.name.as_ref(), format!("Another {what} already has this.")),
                None if twice.contains(&step.id) => {
                    step.errors.add(field.name.as_ref(), format!("Another {what} here has the same."));
                }
                None => {}
            }
        }
    }
    Ok(exchanging)
}
