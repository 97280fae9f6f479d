//! Rows that name other rows.

use crm::Company;
use transfer::{
    import::{Mode, OnError},
    server::import,
};

use super::world::{World, settings};

const ROWS: &str = "name,parent\nLeaf,Branch\nBranch,Trunk\nTrunk,\nLost,Nobody\nChild of lost,Lost\nSelf,Self\n\
                    Ping,Pong\nPong,Ping\n";

#[tokio::test]
async fn rows_that_name_what_is_not_there_stay_out_with_those_that_name_them() {
    let world = World::new().await;
    let wanted = settings("{}", Some("name"), Mode::Both, OnError::SkipRow);
    let (done, problems) = world.check_and_run("companies", ROWS, wanted).await;
    assert_eq!((done.counts.created, done.counts.failed, done.counts.errors), (3, 5, 5), "{problems:#?}");
    let all = world.all::<Company>().await;
    let parent = |name: &str| all[name].1.parent.map(kernel::Id::uuid);
    assert_eq!(
        (parent("Leaf"), parent("Branch"), parent("Trunk")),
        (Some(all["Branch"].0.id), Some(all["Trunk"].0.id), None)
    );
    let told: Vec<_> = problems.iter().map(|p| (p.row, p.column.as_str(), p.message.as_str())).collect();
    assert!(told.contains(&(5, "parent", "There is no company called Nobody.")));
    assert!(told.contains(&(6, "parent", "There is no company called Lost.")));
    assert!(told.contains(&(7, "parent", "This leads back to the row itself.")));
}

#[tokio::test]
async fn or_come_in_without_the_name() {
    let world = World::new().await;
    let wanted = settings("{}", Some("name"), Mode::Both, OnError::SkipCell);
    let id = world.bring("companies", "a.csv", ROWS.as_bytes()).await.unwrap().id;
    let done = world.work(id, wanted, import::Aim::Run).await.unwrap();
    assert_eq!((done.counts.created, done.counts.failed), (8, 0));
    let all = world.all::<Company>().await;
    assert_eq!(all["Child of lost"].1.parent.map(kernel::Id::uuid), Some(all["Lost"].0.id));
    assert_eq!(all["Self"].1.parent, None);
    assert!(done.counts.errors >= 3);
}

#[tokio::test]
async fn names_change_when_the_file_says_so() {
    let world = World::new().await;
    world.import("companies", "name,parent\nA,\nB,\nC,A\n", Some("name")).await;
    let wanted = settings("{}", Some("name"), Mode::Both, OnError::SkipRow);
    let (done, _) = world.check_and_run("companies", "name,parent\nC,b\nA,\nB,\n", wanted).await;
    assert_eq!((done.counts.updated, done.counts.unchanged), (1, 2));
    let change = ("Parent company".to_owned(), "A".to_owned(), "b".to_owned());
    assert_eq!(done.differences[0].fields, [change]);
    let all = world.all::<Company>().await;
    assert_eq!(all["C"].1.parent.map(kernel::Id::uuid), Some(all["B"].0.id));
    drop(all);
    world.undo(done.id).await.unwrap();
    let all = world.all::<Company>().await;
    assert_eq!(all["C"].1.parent.map(kernel::Id::uuid), Some(all["A"].0.id));
}
