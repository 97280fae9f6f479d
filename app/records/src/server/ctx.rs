//! What every use case is given: the program's state, who acts, and when.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use chrono::Weekday;
use kernel::{
    AppError, Currency, Date, Timestamp,
    server::{Clock, Db, DbError, EVERYTHING, Lane, Rng, Tx, unexpected, zone::Zone},
    time::Offsets,
};
use uuid::Uuid;

use super::{
    Action, Actor, AnyPermit, Entry, Permit, Registry, Room,
    events::{self, Told},
};
use crate::{Count, Record, text::Reading};

/// What the company decided once and every module follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Organisation {
    pub name: String,
    /// An image as a `data:` address.
    pub logo: Option<String>,
    pub zone: Zone,
    /// The zone as the browser knows it; made once, since it takes a while.
    pub offsets: Offsets,
    pub first_day: Weekday,
    /// The month in which the fiscal year starts, from 1.
    pub fiscal_month: u32,
    pub currency: Currency,
}

impl Default for Organisation {
    fn default() -> Self {
        Self {
            name: "Mainstay".to_owned(),
            logo: None,
            zone: Zone::UTC,
            offsets: Offsets { name: Zone::UTC.name().to_owned(), since: vec![(i64::MIN, 0)] },
            first_day: Weekday::Mon,
            fiscal_month: 1,
            currency: Currency::USD,
        }
    }
}

/// The program's state: one for the process, cheap to clone.
#[derive(Clone)]
pub struct App(Arc<State>);

struct State {
    db: Db,
    registry: Registry,
    clock: Clock,
    rng: Rng,
    /// With the state of its rows from which it was read.
    organisation: RwLock<(Option<u64>, Arc<Organisation>)>,
    counts: Mutex<HashMap<CountKey, Counted>>,
    labels: Mutex<HashMap<&'static str, KnownLabels>>,
    services: RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    room: Room,
}

/// A question, and the state of the rows at which it was answered.
pub(super) type CountKey = (&'static str, String);
type Counted = (u64, Count);
type KnownLabels = (u64, HashMap<Uuid, String>);

/// How many answers are remembered before all are forgotten, and the longest question, in bytes.
const REMEMBERED: usize = 10_000;
const LONGEST: usize = 8_192;

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl App {
    pub fn new(db: Db, registry: Registry, clock: Clock, rng: Rng) -> Self {
        Self(Arc::new(State {
            db: db.on(Lane::Vital),
            registry,
            clock,
            rng,
            organisation: RwLock::default(),
            counts: Mutex::default(),
            labels: Mutex::default(),
            services: RwLock::default(),
            room: Room::default(),
        }))
    }

    /// Gives every context something of the program's, by its type: what seals secrets, say.
    pub fn provide<T: Any + Send + Sync>(&self, service: T) {
        let mut services = self.0.services.write().unwrap_or_else(PoisonError::into_inner);
        services.insert(TypeId::of::<T>(), Arc::new(service));
    }

    /// What was provided. That it was not is a fault of the program.
    pub fn service<T: Any + Send + Sync>(&self) -> Result<Arc<T>, AppError> {
        let services = self.0.services.read().unwrap_or_else(PoisonError::into_inner);
        let service = services.get(&TypeId::of::<T>()).cloned().and_then(|service| service.downcast().ok());
        service.ok_or_else(|| unexpected(format!("no {} was provided", type_name::<T>())))
    }

    pub fn db(&self) -> &Db {
        &self.0.db
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub fn rng(&self) -> &Rng {
        &self.0.rng
    }

    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// What large answers may take up.
    pub fn room(&self) -> &Room {
        &self.0.room
    }

    pub fn organisation(&self) -> Arc<Organisation> {
        self.0.organisation.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// The state of the organisation's rows that [`Self::organisation`] shows; `None` before it was read at all.
    pub fn organisation_read_at(&self) -> Option<u64> {
        self.0.organisation.read().unwrap_or_else(PoisonError::into_inner).0
    }

    pub fn set_organisation(&self, read_at: u64, organisation: Organisation) {
        let mut held = self.0.organisation.write().unwrap_or_else(PoisonError::into_inner);
        *held = (Some(read_at), Arc::new(organisation));
    }

    /// Follows what other processes write, for as long as this is awaited: what is remembered of the rows is forgotten
    /// where they changed.
    pub async fn follow(&self) {
        let mut told = self.db().listen();
        while let Some(signal) = told.next().await {
            if *signal == *EVERYTHING {
                self.registry().entries().for_each(|entry| entry.changed());
            } else if let Some(Told::Written { record_type, .. }) = events::read_signal(&signal)
                && let Some(entry) = self.registry().get(record_type)
            {
                entry.changed();
            }
        }
    }

    /// The context of somebody who waits for an answer, or of the program itself.
    pub fn ctx(&self, actor: Arc<Actor>) -> Ctx {
        let lane = actor.user.map_or(Lane::Vital, Lane::Person);
        Ctx { now: self.0.clock.now(), db: self.db().on(lane), app: self.clone(), actor }
    }

    /// Grows with every committed write to any type.
    pub(super) fn changes(&self) -> u64 {
        self.0.registry.entries().map(|e| e.changes()).sum()
    }

    pub(super) fn known_count(&self, key: &CountKey, at: u64) -> Option<Count> {
        locked(&self.0.counts).get(key).filter(|(then, _)| *then == at).map(|(_, count)| *count)
    }

    pub(super) fn remember_count(&self, key: CountKey, at: u64, count: Count) {
        // A question of this length comes from nobody's screen, and many would fill the memory.
        if key.1.len() > LONGEST {
            return;
        }
        let mut counts = locked(&self.0.counts);
        if counts.len() >= REMEMBERED {
            counts.clear();
        }
        counts.insert(key, (at, count));
    }

    /// Moves those of `ids` whose label is known into `labels`.
    pub(super) fn known_labels(&self, entry: &Entry, ids: &mut Vec<Uuid>, labels: &mut impl Extend<(Uuid, String)>) {
        let known = locked(&self.0.labels);
        let Some((_, known)) = known.get(entry.ty.name).filter(|(at, _)| *at == entry.changes()) else { return };
        ids.retain(|id| {
            known.get(id).is_none_or(|label| {
                labels.extend([(*id, label.clone())]);
                false
            })
        });
    }

    pub(super) fn remember_labels(&self, entry: &Entry, at: u64, found: &[(Uuid, String)]) {
        let mut labels = locked(&self.0.labels);
        let known = labels.entry(entry.ty.name).or_default();
        if known.0 != at || known.1.len() + found.len() > REMEMBERED {
            *known = (at, HashMap::new());
        }
        known.1.extend(found.iter().cloned());
    }
}

/// One request, command or job: who acts, at which time, on what.
#[derive(Clone)]
pub struct Ctx {
    pub app: App,
    pub actor: Arc<Actor>,
    /// On the lane of whoever acts.
    db: Db,
    now: Timestamp,
}

impl Ctx {
    pub const fn db(&self) -> &Db {
        &self.db
    }

    /// The same for a job, for which nobody waits.
    #[must_use]
    pub fn at_work(mut self) -> Self {
        self.db = self.db.on(Lane::Work);
        self
    }

    /// Somebody else acts, for the same purpose.
    #[must_use]
    pub fn of(&self, actor: Arc<Actor>) -> Self {
        let ctx = self.app.ctx(actor);
        if self.db.lane() == Lane::Work { ctx.at_work() } else { ctx }
    }

    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Today, where the company is.
    pub fn today(&self) -> Date {
        self.organisation().zone.date(self.now).unwrap_or(Date(chrono::NaiveDate::MIN))
    }

    pub fn new_id(&self) -> Uuid {
        self.app.clock().new_id(self.app.rng())
    }

    pub fn organisation(&self) -> Arc<Organisation> {
        self.app.organisation()
    }

    pub fn reading(&self) -> Reading {
        Reading::plain(self.organisation().currency)
    }

    /// A type by its name. One that is not there, and one the actor may not know of, look alike.
    pub fn entry(&self, record_type: &str) -> Result<&Arc<Entry>, AppError> {
        self.app.registry().get(record_type).ok_or(AppError::NotFound)
    }

    pub fn permit<R: Record>(&self, action: Action) -> Result<Permit<R>, AppError> {
        self.permit_any(R::NAME, action).map(Permit::new)
    }

    pub fn permit_any(&self, record_type: &str, action: Action) -> Result<AnyPermit, AppError> {
        let entry = self.entry(record_type)?;
        self.find_permit(entry, action).ok_or(AppError::Forbidden)
    }

    /// The permit, where there is one.
    pub fn find_permit(&self, entry: &Arc<Entry>, action: Action) -> Option<AnyPermit> {
        AnyPermit::new(&self.actor, entry.clone(), action)
    }

    /// Opens a transaction in which records may be written.
    pub async fn begin(&self) -> Result<Work, AppError> {
        Ok(Work::of(self.db().begin().await?))
    }

    /// The same for one of many, which gives way to others.
    pub async fn begin_batch(&self) -> Result<Work, AppError> {
        Ok(Work::of(self.db().begin_batch().await?))
    }
}

/// A transaction that knows what it wrote, and tells of it.
pub struct Work {
    pub tx: Tx,
    touched: Vec<Arc<Entry>>,
    /// Events that are to be told of: their record type, themselves and their change-set.
    events: Vec<(&'static str, Uuid, Uuid)>,
    /// Change-sets that end with this transaction.
    ended: Vec<Uuid>,
}

impl Work {
    const fn of(tx: Tx) -> Self {
        Self { tx, touched: vec![], events: vec![], ended: vec![] }
    }

    pub(super) fn touch(&mut self, entry: &Arc<Entry>) {
        if !self.touched.iter().any(|e| Arc::ptr_eq(e, entry)) {
            self.touched.push(entry.clone());
        }
    }

    pub(super) fn wrote(&mut self, record_type: &'static str, event: Uuid, change_set: Uuid) {
        self.events.push((record_type, event, change_set));
    }

    pub(super) fn ended(&mut self, change_set: Uuid) {
        self.ended.push(change_set);
    }

    pub async fn commit(mut self) -> Result<(), DbError> {
        for (record_type, event, change_set) in self.events {
            let under = (!self.ended.contains(&change_set)).then_some(change_set);
            events::tell_written(&mut self.tx, record_type, event, under);
        }
        let (tx, touched) = (self.tx, self.touched);
        // Who asked may go while the database commits. What is remembered of the rows must not outlive them then.
        let committed = tokio::spawn(async move {
            tx.commit().await?;
            for entry in touched {
                entry.changed();
            }
            Ok(())
        });
        committed.await.map_err(|_| DbError::Unavailable("the commit was broken off".into()))?
    }

    pub async fn rollback(self) -> Result<(), DbError> {
        self.tx.rollback().await
    }
}
