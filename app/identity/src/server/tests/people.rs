//! Users, their roles and teams.

use kernel::AppError;
use records::{
    Record, Value,
    server::{self, Action, Edit, Reach},
};

use super::*;
use crate::{
    Team, User,
    server::{roles, store},
};

#[tokio::test]
async fn users_are_checked_before_they_are_added() {
    let (world, _) = World::with_ana().await;
    let ctx = world.identity.system();
    let create = |new| users::create(&world.identity, &ctx, new);
    for (new, field) in [
        (person("nonsense", Role::Viewer), "email"),
        (person("ANA@example.com", Role::Viewer), "email"),
        (NewUser { password: Some("password123".into()), ..person("b@example.com", Role::Viewer) }, "password"),
    ] {
        let refused = create(new).await;
        assert!(matches!(&refused, Err(AppError::Invalid(e)) if e.first(field).is_some()), "{field}: {refused:?}");
    }
    assert_eq!(users::count(&ctx).await.unwrap(), 1);
    let without = NewUser { password: None, ..person("b@example.com", Role::Viewer) };
    create(without).await.unwrap();
    let answer = world.post("/api/v1/auth/login/", serde_json::json!({"email": "b@example.com", "password": ""})).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn only_administrators_manage_users() {
    let (world, ana) = World::with_ana().await;
    world.add("m@example.com", Role::Manager).await;
    let manager = world.ctx("m@example.com").await;
    let forbidden = Err(AppError::Forbidden);
    let created = users::create(&world.identity, &manager, person("x@example.com", Role::Admin)).await;
    assert_eq!(created.map(drop), forbidden);
    assert_eq!(users::set_role(&world.identity, &manager, ana, Role::Guest).await, forbidden);
    assert_eq!(users::set_active(&world.identity, &manager, ana, false).await, forbidden);
    assert_eq!(users::set_password(&world.identity, &manager, ana, "another good one").await, forbidden);
    let action = (Action::View, Some(Reach::All));
    assert_eq!(roles::set_reach(&world.identity, &manager, Role::Guest, "users", action.0, action.1).await, forbidden);
}

#[tokio::test]
async fn the_ordinary_way_of_editing_changes_no_role() {
    let (world, ana) = World::with_ana().await;
    let ctx = world.ctx(EMAIL).await;
    let permit = ctx.permit::<User>(Action::Edit).unwrap();
    for (field, value) in [("role", Value::Text("guest".into())), ("active", Value::Bool(false))] {
        let (field, _) = User::TYPE.field(field).unwrap();
        let edit = Edit::Set { id: ana, version: None, set: vec![(field, value)] };
        let written = server::write(&ctx, &permit, vec![edit], "edit", "").await.unwrap();
        assert!(matches!(written.one(), Err(AppError::Invalid(_))));
    }
}

#[tokio::test]
async fn a_new_role_counts_at_once() {
    let (world, _) = World::with_ana().await;
    let ben = world.add("ben@example.com", Role::Guest).await;
    let (access, _) = world.tokens("ben@example.com").await;
    let permissions = async || {
        let me = world.get("/api/v1/auth/me/", ("authorization", &format!("Bearer {access}"))).await;
        me.json()["permissions"].as_array().unwrap().len()
    };
    assert_eq!(permissions().await, 0);
    users::set_role(&world.identity, &world.ctx(EMAIL).await, ben, Role::Admin).await.unwrap();
    assert!(permissions().await > 10);
    let row = world.db.fetch_optional("select role, full_name from users where id = $1", vec![ben.into()]).await;
    assert_eq!(row.unwrap().unwrap().get::<String>(0).unwrap(), "admin");
}

#[tokio::test]
async fn a_new_name_is_made_of_its_parts_and_known_at_once() {
    let (world, ana) = World::with_ana().await;
    let ctx = world.ctx(EMAIL).await;
    let permit = ctx.permit::<User>(Action::Edit).unwrap();
    let (last, _) = User::TYPE.field("last_name").unwrap();
    let edit = Edit::Set { id: ana, version: None, set: vec![(last, Value::Text("Silva".into()))] };
    server::write(&ctx, &permit, vec![edit], "edit", "").await.unwrap().one().unwrap();
    assert_eq!(world.ctx(EMAIL).await.actor.name, "Ana Silva");
}

#[tokio::test]
async fn who_is_shut_out_or_deleted_is_signed_out() {
    let (world, _) = World::with_ana().await;
    let ctx = world.identity.system();
    let ben = world.add("ben@example.com", Role::Viewer).await;
    let (access, _) = world.tokens("ben@example.com").await;
    users::set_active(&world.identity, &ctx, ben, false).await.unwrap();
    assert_eq!(world.who_bearer(&access).await, "nobody");
    users::set_active(&world.identity, &ctx, ben, true).await.unwrap();
    assert_eq!(world.who_bearer(&access).await, "nobody");
    let (access, _) = world.tokens("ben@example.com").await;
    assert_eq!(world.who_bearer(&access).await, "ben@example.com");
    let permit = ctx.permit::<User>(Action::Delete).unwrap();
    let delete = vec![Edit::Delete { id: ben, version: None }];
    server::write(&ctx, &permit, delete, "edit", "").await.unwrap().one().unwrap();
    assert_eq!(world.who_bearer(&access).await, "nobody");
}

#[tokio::test]
async fn an_administrator_remains() {
    let (world, ana) = World::with_ana().await;
    let ctx = world.identity.system();
    let is_refused = |result: Result<(), AppError>| matches!(result, Err(AppError::Conflict(_)));
    assert!(is_refused(users::set_role(&world.identity, &ctx, ana, Role::Manager).await));
    assert!(is_refused(users::set_active(&world.identity, &ctx, ana, false).await));
    let permit = ctx.permit::<User>(Action::Delete).unwrap();
    let delete = vec![Edit::Delete { id: ana, version: None }];
    assert!(server::write(&ctx, &permit, delete, "edit", "").await.is_err());

    let ben = world.add("ben@example.com", Role::Admin).await;
    let (a, b) = tokio::join!(
        users::set_role(&world.identity, &ctx, ana, Role::Viewer),
        users::set_role(&world.identity, &ctx, ben, Role::Viewer),
    );
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    let mut tx = world.db.begin().await.unwrap();
    assert_eq!(store::count_administrators(&mut tx).await.unwrap(), 1);
}

#[tokio::test]
async fn a_team_reaches_down_and_never_into_itself() {
    let (world, ana) = World::with_ana().await;
    let ctx = world.identity.system();
    let create = ctx.permit::<Team>(Action::Create).unwrap();
    let edit = ctx.permit::<Team>(Action::Edit).unwrap();
    let mut teams = vec![];
    for name in ["Sales", "North", "Oslo"] {
        let parent = teams.last().map(|id| (1, Value::Id(*id)));
        let set = [(0, Value::Text(name.into()))].into_iter().chain(parent).collect();
        let written = server::write(&ctx, &create, vec![Edit::Create { id: None, set }], "edit", "").await.unwrap();
        teams.push(written.one().unwrap().id);
    }
    let circle = vec![Edit::Set { id: teams[0], version: None, set: vec![(1, Value::Id(teams[2]))] }];
    let refused = server::write(&ctx, &edit, circle, "edit", "").await.unwrap().one();
    assert!(matches!(refused, Err(AppError::Invalid(e)) if e.first("parent").is_some()));

    let (team, _) = User::TYPE.field("team").unwrap();
    let users = ctx.permit::<User>(Action::Edit).unwrap();
    let join = vec![Edit::Set { id: ana, version: None, set: vec![(team, Value::Id(teams[1]))] }];
    server::write(&ctx, &users, join, "edit", "").await.unwrap().one().unwrap();
    let actor = world.ctx(EMAIL).await.actor.clone();
    assert_eq!(actor.team, Some(teams[1]));
    assert_eq!(actor.teams.as_ref(), [teams[1], teams[2]]);
}

#[tokio::test]
async fn what_an_administrator_decides_overrides_the_default() {
    let (world, _) = World::with_ana().await;
    let ctx = world.identity.system();
    world.add("guest@example.com", Role::Guest).await;
    let reach = async || world.ctx("guest@example.com").await.actor.grants.reach("teams", Action::View);
    assert_eq!(reach().await, Reach::None);
    let set = |reach| roles::set_reach(&world.identity, &ctx, Role::Guest, "teams", Action::View, reach);
    set(Some(Reach::All)).await.unwrap();
    assert_eq!(reach().await, Reach::All);
    set(Some(Reach::None)).await.unwrap();
    assert_eq!(reach().await, Reach::None);
    set(None).await.unwrap();
    assert_eq!(reach().await, Reach::None);
    for (role, action, reach) in [
        (Role::Admin, Action::View, Reach::None),
        (Role::Manager, Action::Edit, Reach::All),
        (Role::Manager, Action::View, Reach::Own),
    ] {
        let refused = roles::set_reach(&world.identity, &ctx, role, "users", action, Some(reach)).await;
        assert!(matches!(refused, Err(AppError::Conflict(_))), "{role:?} {action:?}");
    }
}

#[tokio::test]
async fn a_stronger_hash_takes_the_place_of_an_old_one_at_the_next_sign_in() {
    let (world, ana) = World::with_ana().await;
    let strength = Strength { passes: 2, ..Strength::TESTS };
    let stronger = Identity::new(world.identity.app().clone(), Settings { strength, ..settings("") });
    let hash = async || store::find_account_by_id(&world.db, ana).await.unwrap().unwrap().password_hash.unwrap();
    let before = hash().await;
    let attempt = |password: &str| crate::server::Attempt {
        email: EMAIL.into(),
        password: password.into(),
        address: [192, 0, 2, 1].into(),
        agent: String::new(),
    };
    let kind = crate::server::sessions::Kind::Browser;
    assert!(crate::server::sign_in(&stronger, &attempt("wrong"), kind).await.is_err());
    assert_eq!(hash().await, before);
    assert!(crate::server::sign_in(&stronger, &attempt(PASSWORD), kind).await.is_ok());
    assert!(hash().await.contains("t=2"));
    assert!(crate::server::sign_in(&stronger, &attempt(PASSWORD), kind).await.is_ok());
}

#[tokio::test]
async fn ended_sessions_are_forgotten_after_a_month() {
    let (world, _) = World::with_ana().await;
    let (_, _) = world.tokens(EMAIL).await;
    world.clock.advance_seconds(60 * 86_400 - 1);
    assert_eq!(crate::server::sessions::prune(&world.identity.system()).await, Ok(0));
    world.clock.advance_seconds(2);
    assert_eq!(crate::server::sessions::prune(&world.identity.system()).await, Ok(1));
}
