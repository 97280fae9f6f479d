//! Who sent a request, and the routes under `/api/v1/auth/`.

use axum::{
    Extension, Json, Router,
    extract::{Request, State, rejection::JsonRejection},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, COOKIE, SET_COOKIE, USER_AGENT, WWW_AUTHENTICATE},
        request::Parts,
    },
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use kernel::{AppError, server::Problem};
use preferences::Preferences;
use serde::{Deserialize, Serialize};

use super::{
    Attempt, Identity, SignInError, identity,
    sessions::{self, Key, Kind, Live},
    sign_in::sign_in,
    store, tokens,
    tokens::TokenPair,
};
use crate::Viewer;

/// The name of the cookie. With the prefix browsers keep it to this host, to TLS and to all of its paths.
const fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure { "__Host-mainstay" } else { "mainstay" }
}

/// The cookie that keeps a browser signed in; an empty secret takes it away.
pub fn cookie(identity: &Identity, secret: &str) -> String {
    let is_secure = identity.is_secure();
    let age = if secret.is_empty() { 0 } else { Kind::Browser.longest() };
    let secure = if is_secure { "; Secure" } else { "" };
    format!("{}={secret}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}", cookie_name(is_secure))
}

fn cookie_secret<'a>(identity: &Identity, headers: &'a HeaderMap) -> Option<&'a str> {
    let name = cookie_name(identity.is_secure());
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The program somebody uses, as it calls itself.
pub(crate) fn agent(headers: &HeaderMap) -> String {
    headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default().to_owned()
}

/// Finds out who sent a request. Puts into its extensions the [`Identity`], and for somebody signed in their
/// `Arc<Actor>`, the [`Live`] session and what other modules know of it.
///
/// A request with a bearer token is judged by that alone, so that a cookie a browser adds does not stand in for a
/// token that has expired.
pub async fn authenticate(State(identity): State<Identity>, mut request: Request, next: Next) -> Response {
    let found = match find(&identity, request.headers()).await {
        Ok(found) => found,
        Err(error) => return Problem(error).into_response(),
    };
    let extensions = request.extensions_mut();
    if let Some(live) = found {
        extensions.insert(live.actor.clone());
        extensions.insert(live.as_known_to_others());
        extensions.insert(live);
    }
    extensions.insert(identity);
    next.run(request).await
}

async fn find(identity: &Identity, headers: &HeaderMap) -> Result<Option<Live>, AppError> {
    if headers.contains_key(AUTHORIZATION) {
        let Some(token) = bearer(headers) else { return Ok(None) };
        let Some((user, session)) = identity.keys().read_access_token(token, identity.now()) else { return Ok(None) };
        let live = sessions::find(identity, Key::Id(session)).await?;
        return Ok(live.filter(|live| live.kind == Kind::Api && live.actor.user == Some(user)));
    }
    match cookie_secret(identity, headers) {
        Some(secret) if secret.len() == 43 => sessions::find(identity, Key::Secret(tokens::hash(secret))).await,
        _ => Ok(None),
    }
}

/// The session a request came in, as the middleware found out.
pub fn session_of(parts: &Parts) -> Option<Live> {
    parts.extensions.get::<Live>().cloned()
}

/// `login/`, `refresh/`, `logout/` and `me/` of the API, and the form that signs a browser out, each with its whole path.
/// They need [`authenticate`] around them.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/api/v1/auth/login/", post(login))
        .route("/api/v1/auth/refresh/", post(refresh))
        .route("/api/v1/auth/logout/", post(logout))
        .route("/api/v1/auth/me/", get(me))
        .route("/api/v1/auth/socket-ticket/", post(ticket))
        .route("/sign-out", post(sign_out))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    email: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refresh {
    refresh: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Logout {
    #[serde(default)]
    refresh: Option<String>,
}

/// The user apart from what they may do, as the contract has it.
#[derive(Serialize)]
struct UserAnswer {
    id: uuid::Uuid,
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    full_name: String,
    role: String,
    team: Option<uuid::Uuid>,
}

#[derive(Serialize)]
struct Answer {
    user: UserAnswer,
    permissions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<TokenPair>,
}

impl Answer {
    fn new(viewer: Viewer, tokens: Option<TokenPair>) -> Self {
        let Viewer { id, email, full_name, first_name, last_name, role, team, permissions } = viewer;
        Self { user: UserAnswer { id, email, first_name, last_name, full_name, role, team }, permissions, tokens }
    }
}

/// Answers with secrets are kept by nobody on the way.
fn private(body: impl Serialize) -> Response {
    ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body)).into_response()
}

/// The body, or why it is not what was asked for.
fn read<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    body.map(|Json(body)| body).map_err(|rejection| {
        let reason = rejection.body_text();
        Problem(match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => AppError::TooLarge(reason),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => AppError::UnsupportedMedia(reason),
            _ => AppError::BadRequest(reason),
        })
    })
}

/// A refusal to sign in, which says so rather than ask for it.
fn refused(detail: &str) -> Response {
    let mut response = Problem(AppError::Unauthenticated).with_detail(detail);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

async fn login(
    Extension(identity): Extension<Identity>,
    parts: Parts,
    body: Result<Json<Login>, JsonRejection>,
) -> Result<Response, Problem> {
    let Login { email, password } = read(body)?;
    let attempt = Attempt { email, password, address: address(&parts), agent: agent(&parts.headers) };
    match log_in(&identity, &attempt).await {
        Ok(answer) => Ok(private(answer)),
        Err(SignInError::Refused) => Ok(refused("The e-mail or the password is not right.")),
        Err(error) => Err(Problem(error.into())),
    }
}

async fn log_in(identity: &Identity, attempt: &Attempt) -> Result<Answer, SignInError> {
    let signed_in = sign_in(identity, attempt, Kind::Api).await?;
    let live = sessions::find(identity, Key::Id(signed_in.session)).await?.ok_or(SignInError::Refused)?;
    let access = identity.keys().access_token(signed_in.user, signed_in.session, identity.now())?;
    let tokens = signed_in.refresh.map(|refresh| TokenPair { access, refresh });
    Ok(Answer::new(live.viewer(identity), tokens))
}

async fn refresh(
    Extension(identity): Extension<Identity>,
    body: Result<Json<Refresh>, JsonRejection>,
) -> Result<Response, Problem> {
    let Refresh { refresh } = read(body)?;
    match tokens::refresh(&identity, &refresh).await {
        Ok(pair) => Ok(private(pair)),
        Err(AppError::Unauthenticated) => Ok(refused("This refresh token is no longer good: sign in again.")),
        Err(error) => Err(Problem(error)),
    }
}

/// Ends the session of the access token, and that of the refresh token if one is given. Works without either, so that
/// a script can be sure to be signed out.
async fn logout(
    Extension(identity): Extension<Identity>,
    parts: Parts,
    body: axum::body::Bytes,
) -> Result<StatusCode, Problem> {
    let body = match serde_json::from_slice::<Logout>(&body) {
        Ok(body) => body,
        Err(_) if body.is_empty() => Logout::default(),
        Err(error) => return Err(Problem(AppError::BadRequest(error.to_string()))),
    };
    if let Some(live) = session_of(&parts) {
        tokens::end(&identity, live.id).await?;
    }
    if let Some(refresh) = body.refresh {
        tokens::revoke(&identity, &refresh).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn me(Extension(identity): Extension<Identity>, live: Option<Extension<Live>>) -> Response {
    match live {
        Some(Extension(live)) => private(Answer::new(live.viewer(&identity), None)),
        None => refused("Sign in to go on."),
    }
}

#[derive(Serialize)]
struct Ticket {
    ticket: String,
    /// In seconds.
    expires_in: i64,
}

async fn ticket(Extension(identity): Extension<Identity>, live: Option<Extension<Live>>) -> Result<Response, Problem> {
    let Some(Extension(live)) = live else { return Err(Problem(AppError::Unauthenticated)) };
    let ticket = tokens::ticket(&identity, live.id).await?;
    let answer = private(Ticket { ticket, expires_in: tokens::TICKET });
    Ok((StatusCode::CREATED, answer).into_response())
}

/// A browser's way out: a plain form, so that it works whatever state the page is in.
async fn sign_out(
    Extension(identity): Extension<Identity>,
    live: Option<Extension<Live>>,
) -> Result<impl IntoResponse, Problem> {
    if let Some(Extension(live)) = live {
        tokens::end(&identity, live.id).await?;
    }
    Ok(([(SET_COOKIE, cookie(&identity, ""))], Redirect::to("/sign-in")))
}

/// Ends the session a browser's cookie stands for, so that signing in anew leaves none behind.
pub(crate) async fn end_former(identity: &Identity, headers: &HeaderMap) -> Result<(), AppError> {
    let Some(secret) = cookie_secret(identity, headers) else { return Ok(()) };
    let former = store::find_session_by_secret(identity.app().db(), tokens::hash(secret)).await?;
    match former {
        Some(session) => tokens::end(identity, session.id).await,
        None => Ok(()),
    }
}

/// The address of whoever sent a request.
pub(crate) fn address(parts: &Parts) -> std::net::IpAddr {
    identity::address(&parts.extensions)
}

/// Whether a form was sent by the browser itself, before the page came alive: then the answer must lead on.
fn is_plain_form(parts: &Parts) -> bool {
    let accept = parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// Gives the answer of a server function its cookies, and leads a plain form on.
fn answer(parts: &Parts, cookies: &[String], next: &str) -> Result<(), AppError> {
    let response = leptos::prelude::use_context::<leptos_axum::ResponseOptions>().ok_or(AppError::Unavailable)?;
    for cookie in cookies {
        response.append_header(SET_COOKIE, HeaderValue::from_str(cookie).map_err(kernel::server::unexpected)?);
    }
    response.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if is_plain_form(parts) {
        leptos_axum::redirect(next);
    }
    Ok(())
}

/// Hands a browser its session and what its person prefers to see, and says where to go on: where they were going, or
/// to the page they start from.
pub(crate) async fn enter(
    identity: &Identity,
    parts: &Parts,
    signed_in: &super::SignedIn,
    next: &str,
) -> Result<String, AppError> {
    let preferences = preferences::server::of(&identity.system(), signed_in.user).await?;
    let next = if next == "/" { crate::local_path(&preferences.start_page) } else { next };
    let mut cookies = vec![cookie(identity, signed_in.secret.as_deref().unwrap_or_default())];
    cookies.extend(look(&preferences, identity.is_secure()));
    answer(parts, &cookies, next)?;
    Ok(next.to_owned())
}

/// What the browser of somebody who chose a look is told of it, as its own screens write it down.
fn look(preferences: &Preferences, is_secure: bool) -> Vec<String> {
    let Some(written) = preferences.updated_at else { return vec![] };
    let cookie = |name: &str, value: Option<&str>| {
        let age = if value.is_some() { 31_536_000 } else { 0 };
        let secure = if is_secure { "; Secure" } else { "" };
        format!("{name}={}; Path=/; Max-Age={age}; SameSite=Lax{secure}", value.unwrap_or_default())
    };
    vec![
        cookie("theme", preferences.theme.mark()),
        cookie("density", preferences.density.mark()),
        cookie("look", Some(&written.micros().to_string())),
    ]
}

/// Takes a browser's cookie away.
pub(crate) fn leave(identity: &Identity, parts: &Parts) -> Result<(), AppError> {
    answer(parts, &[cookie(identity, "")], "/sign-in")
}
