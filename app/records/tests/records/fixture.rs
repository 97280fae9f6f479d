//! A type with a field of every kind, its table, and builders.

use std::sync::Arc;

use chrono::NaiveDate;
use kernel::{
    Currency, Date, EmailAddress, Id, Money, PhoneNumber, Timestamp,
    server::{
        Clock,
        migrate::{self, MIGRATIONS, Migration, catalog::Catalog},
        testing::TestDb,
    },
};
use records::{
    Address, Choice, Filter, ListQuery, LongText, Percent, Record, RecordType, SortKey, Tags, Url, Value, Year,
    server::{self, Action, Actor, App, Ctx, Edit, Grants, Module, Reach, Written, schema},
};
use uuid::Uuid;

/// A decimal has no Rust type of its own yet, so it is not among these.
#[derive(Clone, Debug, PartialEq, Record)]
#[record(table = "specimens", singular = "Specimen", title = "name")]
pub struct Specimen {
    #[field(required, search, index)]
    pub name: String,
    #[field(unique)]
    pub code: Option<String>,
    pub notes: Option<LongText>,
    pub mail: Option<EmailAddress>,
    pub phone: Option<PhoneNumber>,
    pub site: Option<Url>,
    #[field(index, sum)]
    pub count: Option<i64>,
    pub year: Option<Year>,
    pub share: Option<Percent>,
    pub price: Option<Money>,
    pub good: Option<bool>,
    pub day: Option<Date>,
    pub at: Option<Timestamp>,
    #[field(default = "plain")]
    pub sort: Option<Sort>,
    pub sorts: Vec<Sort>,
    pub parent: Option<Id<Specimen>>,
    #[field(index)]
    pub owner: Option<Id<kernel::marks::User>>,
    #[field(search)]
    pub mails: Vec<EmailAddress>,
    #[field(search)]
    pub phones: Vec<PhoneNumber>,
    pub tags: Tags,
    pub place: Option<Address>,
    #[field(guarded)]
    pub state: Option<String>,
    #[field(fixed)]
    pub origin: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Sort {
    Plain,
    #[choice(label = "Very rare", colour = 3)]
    Rare,
}

/// The users that references lead to; just enough of them.
#[derive(Clone, Debug, Record)]
#[record(table = "users", title = "full_name", shared)]
pub struct User {
    pub full_name: Option<String>,
    pub team: Option<Id<kernel::marks::Team>>,
}

#[derive(Clone, Debug, Record)]
#[record(table = "teams", title = "name", shared)]
pub struct Team {
    pub name: String,
}

/// The migration that makes what types declare where the program's own were applied.
pub fn drafted(version: u16, made: &Catalog, types: &[&'static RecordType]) -> Migration {
    let draft = schema::draft(types, made, &[]).unwrap();
    Migration { version, name: "drafted", sql: draft.sql.unwrap().leak() }
}

pub struct World {
    pub app: App,
    pub me: Uuid,
    _db: TestDb,
}

impl World {
    pub async fn new() -> Self {
        let db = TestDb::new().await;
        let mut migrations: Vec<Migration> = MIGRATIONS.to_vec();
        migrations.push(drafted(9_000, &Catalog::default(), &[Specimen::TYPE]));
        migrate::run(&db, &migrations).await.unwrap();
        let clock = Clock::fixed(Timestamp::parse("2026-11-20T12:00:00Z").unwrap());
        let module = Module::new("test").record::<Specimen>().record::<User>().record::<Team>();
        let app = server::testing::app((*db).clone(), clock, vec![module]);
        Self { app, me: Uuid::from_u128(1), _db: db }
    }

    /// Somebody who may do everything.
    pub fn ctx(&self) -> Ctx {
        self.app.ctx(server::testing::actor(self.me, None, Grants::everything()))
    }

    /// Somebody whose every action on specimens reaches so far, and who may see all users.
    pub fn limited(&self, user: Uuid, team: Option<Uuid>, reach: Reach) -> Ctx {
        let grants = Action::ALL.into_iter().fold(Grants::default(), |g, action| g.allow("specimens", action, reach));
        let grants = grants.allow("users", Action::View, Reach::All);
        self.app.ctx(server::testing::actor(user, team, grants))
    }

    /// A user who can own records.
    pub async fn user(&self, name: &str, team: Option<Uuid>) -> Uuid {
        let id = self.app.clock().new_id(self.app.rng());
        let mut tx = self.app.db().begin().await.unwrap();
        let sql = "insert into users (id, version, created_at, updated_at, team, full_name, full_name_key, email, \
                   email_key, role, active, search_key) values ($1, 1, $2, $2, $3, $4, $5, $5, $5, 'viewer', $6, '')";
        let args = vec![
            id.into(),
            self.app.clock().now().into(),
            team.into(),
            name.into(),
            kernel::fold::key(name).into(),
            true.into(),
        ];
        tx.execute(sql, args).await.unwrap();
        tx.commit().await.unwrap();
        id
    }
}

pub fn specimen(name: &str) -> Specimen {
    Specimen {
        name: name.to_owned(),
        code: None,
        notes: None,
        mail: None,
        phone: None,
        site: None,
        count: None,
        year: None,
        share: None,
        price: None,
        good: None,
        day: None,
        at: None,
        sort: Some(Sort::Plain),
        sorts: vec![],
        parent: None,
        owner: None,
        mails: vec![],
        phones: vec![],
        tags: Tags::default(),
        place: None,
        state: None,
        origin: None,
    }
}

/// The fields of a specimen that anybody may write.
pub fn cells(specimen: &Specimen) -> Vec<(usize, Value)> {
    let guarded = at("state");
    specimen.to_cells().0.into_iter().enumerate().filter(|(i, v)| *i != guarded && !v.is_null()).collect()
}

pub fn at(field: &str) -> usize {
    Specimen::TYPE.field(field).unwrap().0
}

pub async fn create(ctx: &Ctx, specimen: &Specimen) -> Uuid {
    let written = write(ctx, vec![Edit::Create { id: None, set: cells(specimen) }]).await;
    written.one().unwrap().id
}

/// Writes edits that all need the same permit.
pub async fn write(ctx: &Ctx, edits: Vec<Edit>) -> Written {
    let permit = ctx.permit::<Specimen>(edits[0].action()).unwrap();
    server::write(ctx, &permit, edits, "edit", "test").await.unwrap()
}

pub fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

pub fn set(id: Uuid, field: &str, value: Value) -> Edit {
    Edit::Set { id, version: None, set: vec![(at(field), value)] }
}

pub async fn get(ctx: &Ctx, id: Uuid) -> Option<Specimen> {
    let permit = ctx.permit::<Specimen>(Action::View).unwrap();
    server::find(ctx, &permit, id).await.unwrap()
}

/// The names of the rows of a list.
pub async fn names(ctx: &Ctx, query: &ListQuery) -> Vec<String> {
    let permit = ctx.permit::<Specimen>(Action::View).unwrap();
    let page = server::list(ctx, &permit, query).await.unwrap();
    page.rows.into_iter().map(|r| r.title).collect()
}

pub fn by(sort: &str) -> ListQuery {
    ListQuery { sort: SortKey::parse_list(sort), ..ListQuery::default() }
}

pub fn filtered(json: &str) -> ListQuery {
    ListQuery { filter: Some(Filter::parse(json).unwrap()), ..ListQuery::default() }
}

pub fn money(minor: i64, code: &str) -> Money {
    Money { minor, currency: Currency::parse(code).unwrap() }
}

pub fn day(text: &str) -> Date {
    Date(NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap())
}

pub fn nobody() -> Arc<Actor> {
    server::testing::actor(Uuid::from_u128(99), None, Grants::default())
}
