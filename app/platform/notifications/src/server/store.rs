//! The rows of notifications, their deliveries, and who follows what.

mod deliveries;
mod follows;
mod inbox;
mod push;
mod reminders;
mod sets;

use kernel::server::{Args, DbError, Tx};
use records::server::Sql;

pub use deliveries::{
    Ended, Found, NewDelivery, add_attempt, attempts_of, digest_of, end_delivery, failed_deliveries, find_delivery,
    insert_deliveries, list_deliveries, list_waiting, mark_attempt, put_off, retry_delivery, with_digest,
};
pub use follows::{channels_chosen, channels_of, choose_channel, find_standing, muted_by, stand, standings};
pub use inbox::{NewNotification, insert, list, mark_all_read, mark_read, remove_old, snooze, unread};
pub use push::{
    NewSubscription, add_receipt, count_receipts, count_subscriptions, delete_ended_subscriptions, delete_subscription,
    delete_subscription_at, delete_subscription_of_others, delete_subscriptions_of, delete_subscriptions_of_session,
    find_same_subscription, list_subscriptions, put_subscription, subscriptions_of, subscriptions_without,
    touch_subscription, with_subscriptions,
};
pub use reminders::{forget_reminders, remind, reminders};
pub use sets::{Change, Set, changes, later, note, unnoticed};

/// Every statement whose text is fixed, for the test that both databases know them.
pub const STATEMENTS: [&[&str]; 6] = [
    deliveries::STATEMENTS,
    follows::STATEMENTS,
    inbox::STATEMENTS,
    push::STATEMENTS,
    reminders::STATEMENTS,
    sets::STATEMENTS,
];

/// Values one statement may carry.
const VALUES: usize = 15_000;

/// Runs `head (…), (…) tail` for rows of values, and gives what each statement returns in its first column.
async fn insert_rows<T: kernel::server::FromColumn>(
    tx: &mut Tx,
    head: &str,
    rows: Vec<Args>,
    tail: &str,
) -> Result<Vec<T>, DbError> {
    let width = rows.first().map_or(1, Vec::len);
    let mut returned = vec![];
    for some in rows.chunks((VALUES / width).clamp(1, 500)) {
        let mut sql = Sql::new(tx.engine());
        sql.push(head);
        for (i, row) in some.iter().enumerate() {
            sql.push(if i > 0 { ", (" } else { " (" });
            for (j, arg) in row.iter().enumerate() {
                if j > 0 {
                    sql.push(", ");
                }
                sql.bind(arg.clone());
            }
            sql.push(")");
        }
        sql.push(tail);
        let (text, args) = sql.finish();
        for row in tx.fetch_all(&text, args).await? {
            returned.push(row.get(0)?);
        }
    }
    Ok(returned)
}
