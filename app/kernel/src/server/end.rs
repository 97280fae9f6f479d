//! Work that outlives whoever asked for it.

use std::future::Future;

use tracing::Instrument;

use super::unexpected;
use crate::AppError;

/// Does work of several transactions to its end: who asked for it may close the page in the middle, and half of it
/// would be left.
pub async fn to_the_end<T, W>(work: W) -> Result<T, AppError>
where
    T: Send + 'static,
    W: Future<Output = Result<T, AppError>> + Send + 'static,
{
    tokio::spawn(work.in_current_span()).await.map_err(|_| unexpected("the work panicked"))?
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn it_goes_on_when_nobody_waits_any_more() {
        let (go, may_go) = oneshot::channel::<()>();
        let (done, is_done) = oneshot::channel();
        let work = to_the_end(async move {
            let _ = may_go.await;
            let _ = done.send(7);
            Ok(())
        });
        assert!(tokio::time::timeout(Duration::from_millis(10), work).await.is_err());
        go.send(()).unwrap();
        assert_eq!(is_done.await, Ok(7));
    }

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let refused = to_the_end::<(), _>(async { panic!("as the test wants it") }).await;
        assert!(matches!(refused, Err(AppError::Unexpected(_))));
    }
}
