//! One notification to all browsers of its reader.

use std::time::Duration;

use futures::future::try_join_all;
use kernel::AppError;
use records::server::Ctx;

use super::{
    send::{Answer, Message, send},
    vapid,
};
use crate::server::{
    deliver::Trouble,
    store::{self, Found},
};

/// Sends it to those it did not reach yet, and says how many it reached.
pub async fn deliver(ctx: &Ctx, found: &Found) -> Result<Result<String, Trouble>, AppError> {
    let reached = store::count_receipts(ctx.db(), found.id).await?;
    let left = store::subscriptions_without(ctx.db(), found.reader, found.id, ctx.now()).await?;
    let vapid = match vapid::own(&ctx.app).await? {
        Ok(vapid) => vapid,
        Err(error) => return Ok(Err(Trouble::Later(vapid::unusable(error), None))),
    };
    let message = Message::new(found);
    let answers = try_join_all(left.iter().map(|target| send(ctx, &vapid, target, &message))).await?;

    let mut sum = Sum { reached, ..Sum::default() };
    let mut tx = ctx.db().begin().await?;
    for (target, answer) in left.iter().zip(answers) {
        match &answer {
            Answer::Taken => {
                store::add_receipt(&mut tx, found.id, target.id).await?;
                store::touch_subscription(&mut tx, target.id, ctx.now()).await?;
            }
            Answer::Gone => drop(store::delete_subscription(&mut tx, target.id, None).await?),
            Answer::Later(..) | Answer::Refused(_) | Answer::Unreached(..) => {}
        }
        sum.add(answer);
    }
    tx.commit().await?;
    Ok(sum.told())
}

/// What the push services of all browsers said.
#[derive(Default)]
struct Sum {
    reached: i64,
    gone: i64,
    /// Why not now, and when to come back at the earliest.
    later: Option<(String, Option<Duration>)>,
    refused: Option<String>,
}

impl Sum {
    fn add(&mut self, answer: Answer) {
        match answer {
            Answer::Taken => self.reached += 1,
            Answer::Gone => self.gone += 1,
            Answer::Unreached(why, true) => self.add(Answer::Later(why, None)),
            Answer::Later(why, after) => {
                let longest = self.later.take().and_then(|(_, longest)| longest).max(after);
                self.later = Some((why, longest));
            }
            Answer::Refused(why) | Answer::Unreached(why, false) => self.refused = Some(why),
        }
    }

    fn told(self) -> Result<String, Trouble> {
        let reached = match self.reached {
            1 => "It was sent to one browser.".to_owned(),
            n => format!("It was sent to {n} browsers."),
        };
        match (self.later, self.refused) {
            (Some((why, after)), _) if self.reached == 0 => Err(Trouble::Later(why, after)),
            (Some((why, after)), _) => Err(Trouble::Later(format!("{reached} Not yet to another: {why}"), after)),
            (None, Some(why)) if self.reached == 0 => Err(Trouble::Failed(why)),
            (None, Some(why)) => Ok(format!("{reached} Not to another: {why}")),
            (None, None) if self.reached > 0 => Ok(reached),
            (None, None) if self.gone > 0 => {
                Err(Trouble::Never("Their browsers take no messages any more, and were removed.".to_owned()))
            }
            (None, None) => Err(Trouble::Never("No browser shows them push messages.".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(answers: Vec<Answer>) -> String {
        let mut sum = Sum::default();
        for answer in answers {
            sum.add(answer);
        }
        format!("{:?}", sum.told())
    }

    #[test]
    fn one_browser_that_can_be_reached_is_enough_and_one_that_may_be_is_tried_again() {
        let later = |seconds| Answer::Later("busy.".to_owned(), Some(Duration::from_secs(seconds)));
        let refused = || Answer::Refused("no.".to_owned());
        assert!(told(vec![Answer::Taken, Answer::Gone]).contains("Ok(\"It was sent to one browser.\")"));
        assert!(told(vec![Answer::Taken, refused(), Answer::Taken]).contains("2 browsers. Not to another: no."));
        assert!(told(vec![refused(), Answer::Gone]).contains("Failed(\"no.\")"));
        assert!(told(vec![Answer::Gone]).contains("Never(\"Their browsers"));
        assert!(told(vec![]).contains("Never(\"No browser"));
        let again = told(vec![later(9), Answer::Taken, later(70), later(3)]);
        assert!(
            again.contains("Later(\"It was sent to one browser. Not yet to another: busy.\", Some(70s))"),
            "{again}"
        );
    }
}
