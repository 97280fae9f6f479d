//! What the declarations of users and teams cannot say.

use std::collections::HashMap;

use kernel::{AppError, server::Engine};
use records::{
    ChoiceValue, Record,
    server::{self, Boxed, Ctx, Draft, PlanCx, Sql, Step, Work},
};
use uuid::Uuid;

use super::store;
use crate::{Role, Team, User};

pub struct Users;

impl server::Rules<User> for Users {
    fn prepare<'a>(&'a self, _: &'a mut PlanCx<'_>, batch: &'a mut [Draft<User>]) -> Boxed<'a, Result<(), AppError>> {
        Box::pin(async move {
            for Draft { after, .. } in batch {
                let (first, last) = (after.first_name.as_deref(), after.last_name.as_deref());
                after.full_name = Some(User::name_of(first, last, after.email.as_str()));
            }
            Ok(())
        })
    }

    /// Somebody who may no longer sign in is signed out, and an administrator remains who can.
    fn applied<'a>(&'a self, ctx: &'a Ctx, work: &'a mut Work, steps: &'a [Step]) -> Boxed<'a, Result<(), AppError>> {
        Box::pin(async move {
            let users = |row: Option<&server::Stored>| row.map(|r| User::from_cells(&r.cells)).transpose();
            let (mut gone, mut fewer_administrators) = (vec![], false);
            for step in steps {
                let before = users(step.before.as_ref()).map_err(kernel::server::unexpected)?;
                let after = users(step.after.as_ref()).map_err(kernel::server::unexpected)?;
                let can_sign_in = step.action != "delete" && after.as_ref().is_some_and(|u| u.active);
                if step.before.is_some() && !can_sign_in {
                    gone.push(step.id);
                }
                let was = before.is_some_and(|u| u.role == Role::Admin && u.active);
                let is = can_sign_in && after.is_some_and(|u| u.role == Role::Admin);
                fewer_administrators |= was && !is;
            }
            if fewer_administrators {
                keep_an_administrator(work).await?;
            }
            store::revoke_sessions_of(&mut work.tx, &gone, None, ctx.now()).await?;
            Ok(())
        })
    }
}

/// Two transactions must not each take the other's last administrator away, so both lock the same rows.
async fn keep_an_administrator(work: &mut Work) -> Result<(), AppError> {
    let mut sql = Sql::new(work.tx.engine());
    sql.push("select id from users where role = ");
    sql.bind(Role::Admin.value());
    sql.push(" order by id");
    if work.tx.engine() == Engine::Postgres {
        sql.push(" for update");
    }
    let (text, args) = sql.finish();
    work.tx.fetch_all(&text, args).await?;
    if store::count_administrators(&mut work.tx).await? == 0 {
        return Err(AppError::Conflict("somebody has to remain an administrator".into()));
    }
    Ok(())
}

pub struct Teams;

impl server::Rules<Team> for Teams {
    /// A team cannot be part of itself, not by way of others either.
    fn prepare<'a>(&'a self, cx: &'a mut PlanCx<'_>, batch: &'a mut [Draft<Team>]) -> Boxed<'a, Result<(), AppError>> {
        Box::pin(async move {
            let is_moved =
                |draft: &Draft<Team>| draft.before.as_ref().is_some_and(|before| before.parent != draft.after.parent);
            if !batch.iter().any(is_moved) {
                return Ok(());
            }
            let mut sql = Sql::new(cx.ctx.db().engine());
            sql.push("select id, parent from teams");
            let mut parents: HashMap<Uuid, Option<Uuid>> = HashMap::new();
            for row in cx.fetch(sql).await? {
                parents.insert(row.get(0)?, row.get(1)?);
            }
            parents.extend(batch.iter().map(|draft| (draft.id, draft.after.parent.map(kernel::Id::uuid))));
            for draft in batch.iter_mut().filter(|draft| is_moved(draft)) {
                let above = |team: &Uuid| parents.get(team).copied().flatten();
                // No line of distinct teams is longer than there are teams.
                let line = std::iter::successors(above(&draft.id), above).take(parents.len());
                if line.into_iter().any(|team| team == draft.id) {
                    draft.errors.add("parent", "A team cannot be part of itself.");
                }
            }
            Ok(())
        })
    }
}
