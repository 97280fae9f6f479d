//! Listening, and stopping without dropping anyone.

use std::{
    collections::BTreeSet,
    fs::{File, TryLockError},
    net::SocketAddr,
    time::Duration,
};

use identity::server::first_run;
use kernel::server::Db;

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::timeout,
};

use super::{
    listener::{Impatient, PATIENCE, Peer},
    router,
};
use crate::{cli::Role, state::State};

/// How long requests that are under way may take once the program was told to stop.
const DRAIN: Duration = Duration::from_secs(25);

/// Serves until told to stop (SIGTERM or Ctrl+C), then lets what is under way finish. Works on these queues alone, if
/// any are named.
pub async fn serve(state: State, roles: &BTreeSet<Role>, queues: Option<&[String]>) -> Result<(), String> {
    // Whoever cannot serve has touched no job yet.
    let alone = alone(state.db())?;
    let listener = if roles.contains(&Role::Web) { Some(bind(state.config.web.addr).await?) } else { None };
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        let name = wait_for_signal().await;
        tracing::info!(signal = name, "stopping");
        stop.send_replace(true);
    });
    if roles.contains(&Role::Worker) {
        upkeep::begin(&state.identity.system()).await.map_err(|e| e.sentence())?;
        tokio::spawn(notifications::server::watch(state.app.clone(), state.actors(), stopped.clone()));
    }
    let db = state.db().clone();
    tokio::spawn(async move { db.hear_others().await });
    let app = state.app.clone();
    tokio::spawn(async move { app.follow().await });
    let working = roles.contains(&Role::Worker) || roles.contains(&Role::Scheduler);
    let working = working.then(|| {
        let is_wanted = |name: &str| {
            roles.contains(&Role::Worker) && queues.is_none_or(|queues| queues.iter().any(|queue| queue == name))
        };
        let worker = state.worker().on(is_wanted).scheduling(roles.contains(&Role::Scheduler));
        tokio::spawn(worker.run(stopped.clone()))
    });
    if let Some(listener) = listener {
        invite(&state).await?;
        let (hub, stopping) = (state.hub.clone(), stopped.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = hub.run() => {}
                () = until(stopping) => hub.close(),
            }
        });
        listen(&state, listener, stopped).await?;
    } else {
        tracing::info!("working");
        until(stopped).await;
    }
    if let Some(working) = working
        && let Err(error) = working.await
    {
        tracing::error!(%error, "the worker ended by itself");
    }
    state.db().close().await;
    drop(alone);
    tracing::info!("stopped");
    Ok(())
}

/// A SQLite database has one process that serves: a second would hear nothing of the first and take its jobs for left
/// behind. The lock is a file's beside it, and goes with the process that holds it.
fn alone(db: &Db) -> Result<Option<File>, String> {
    let Some(path) = db.path() else { return Ok(None) };
    let mut name = path.as_os_str().to_owned();
    name.push(".serving");
    let shown = path.display();
    let failed = |e| format!("it cannot be made sure that nobody else serves {shown}: {e}");
    let file = File::options().append(true).create(true).open(name).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {
            Err(format!("another process serves {shown} already; for several, use PostgreSQL"))
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

async fn bind(addr: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(addr).await.map_err(|e| format!("{addr} cannot be listened on: {e}"))
}

/// While there is nobody who could sign in, the log says how to become the first.
async fn invite(state: &State) -> Result<(), String> {
    if let Some(token) = first_run::prepare(&state.identity).await.map_err(|e| e.sentence())? {
        let url = format!("{}/first-run?token={token}", state.config.web.public_url);
        tracing::info!(url, "nobody can sign in yet: set up the first administrator");
    }
    Ok(())
}

async fn listen(state: &State, listener: TcpListener, stopped: watch::Receiver<bool>) -> Result<(), String> {
    let addr = state.config.web.addr;
    let service = router(state).into_make_service_with_connect_info::<Peer>();
    let server =
        axum::serve(Impatient::new(listener, PATIENCE), service).with_graceful_shutdown(until(stopped.clone()));
    tracing::info!(%addr, url = state.config.web.public_url, "listening");
    let drained = async {
        until(stopped).await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        ended = server.into_future() => ended.map_err(|e| format!("serving ended: {e}")),
        () = drained => {
            tracing::warn!(seconds = DRAIN.as_secs(), "requests were still under way when the time to finish was over");
            Ok(())
        }
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender lives as long as the program; were it gone, there would be nothing left to wait for.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn wait_for_signal() -> &'static str {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be received: the program will have to be killed");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}

/// Waits no longer than `limit` for `work`.
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    timeout(limit, work).await.ok()
}
