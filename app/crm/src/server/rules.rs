//! What the declarations cannot say.

use std::collections::{BTreeSet, HashMap};

use kernel::AppError;
use records::{
    Year,
    server::{Boxed, Draft, PlanCx, Rules, Sql},
};
use uuid::Uuid;

use crate::{Company, Contact, founded_year, normal_domain};

pub struct Companies;

impl Rules<Company> for Companies {
    fn prepare<'a>(
        &'a self,
        cx: &'a mut PlanCx<'_>,
        batch: &'a mut [Draft<Company>],
    ) -> Boxed<'a, Result<(), AppError>> {
        Box::pin(async move {
            for draft in batch.iter_mut() {
                draft.after.founded_year = draft.after.founded.as_deref().and_then(founded_year).map(Year);
                if let Some(domain) = &draft.after.domain {
                    match normal_domain(domain) {
                        Some(domain) => draft.after.domain = Some(domain),
                        None => draft.errors.add("domain", "This must be a domain like example.com."),
                    }
                }
            }
            refuse_circles(cx, batch).await
        })
    }
}

/// The longest line of parents; a longer one is taken for a circle.
const DEEPEST: usize = 30;

/// A company whose parents lead back to itself would belong to nobody.
async fn refuse_circles(cx: &mut PlanCx<'_>, batch: &mut [Draft<Company>]) -> Result<(), AppError> {
    // A new company has no children yet, so only edits can close a circle.
    let planned: HashMap<Uuid, Option<Uuid>> = batch
        .iter()
        .filter(|d| d.before.as_ref().is_some_and(|b| b.parent != d.after.parent))
        .map(|d| (d.id, d.after.parent.map(kernel::Id::uuid)))
        .collect();
    let mut known = planned.clone();
    let mut wanted: BTreeSet<Uuid> = planned.values().flatten().copied().filter(|id| !known.contains_key(id)).collect();
    for _ in 0..DEEPEST {
        if wanted.is_empty() {
            break;
        }
        let mut sql = Sql::new(cx.ctx.db().engine());
        sql.push("select id, parent from companies where id in ");
        sql.bind_list(std::mem::take(&mut wanted));
        for row in cx.fetch(sql).await? {
            let (id, parent): (Uuid, Option<Uuid>) = (row.get(0)?, row.get(1)?);
            known.insert(id, parent);
            wanted.extend(parent.filter(|p| !known.contains_key(p)));
        }
    }
    for draft in batch.iter_mut().filter(|d| planned.contains_key(&d.id)) {
        let mut ancestor = planned[&draft.id];
        let mut steps = 0;
        while let Some(id) = ancestor.filter(|_| steps < DEEPEST) {
            if id == draft.id {
                draft.errors.add("parent", "A company cannot belong to one of its own subsidiaries.");
                break;
            }
            steps += 1;
            ancestor = known.get(&id).copied().flatten();
        }
    }
    Ok(())
}

pub struct Contacts;

impl Rules<Contact> for Contacts {
    fn prepare<'a>(
        &'a self,
        _: &'a mut PlanCx<'_>,
        batch: &'a mut [Draft<Contact>],
    ) -> Boxed<'a, Result<(), AppError>> {
        Box::pin(async move {
            for draft in batch {
                let contact = &mut draft.after;
                let names = [contact.first_name.as_deref(), Some(contact.last_name.as_str())];
                let names: Vec<_> = names.into_iter().flatten().map(str::trim).filter(|n| !n.is_empty()).collect();
                contact.full_name = (!names.is_empty()).then(|| names.join(" "));
            }
            Ok(())
        })
    }
}
