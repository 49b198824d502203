//! The admin API, on a listener of its own: publish, change what serves, ask.
//!
//! A package is what is published: rules under their name, or the adapter of a document type under its
//! identifier, `/` written `%2F`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router, middleware};
use dossier_engine::reload::{Percent, Step, reaches};
use dossier_engine::settings::Publisher;
use dossier_engine::{EngineError, Reload};
use dossier_store::PackageDigest;
use serde::Deserialize;

use crate::api::{
    ApiError, console_routes, discard, liveness, metrics_routes, observe, unknown_method,
    unknown_route,
};
use crate::config::{HttpLimits, Token};
use crate::metrics::{Exposition, Listener, Recorder};

mod asked;
pub use asked::{MOST_EVENTS, MOST_NAMES};
use asked::{
    Name, history_limit, is_dry_run, page, parse, read, read_json, refuse_body, refuse_query,
};

mod backup;

mod settings;

mod lora;

mod body;
use body::{AppliedBody, HistoryBody, ListBody, PruneBody, StatusBody, VersionBody};

mod dry_run;
use dry_run::DryRunBody;

mod receive;
use receive::receive;

mod share;
use share::Shares;

mod token;

/// Length of a body that is no package, in bytes.
const SMALL_BODY_BYTES: usize = 4096;
/// The route of what is done when something went wrong.
const ROLLBACK: &str = "/v1/packages/{name}/rollback";

/// What the handlers share.
#[derive(Debug)]
pub struct Admin {
    reload: Reload,
    tokens: Vec<Token>,
    shares: Shares,
    limits: HttpLimits,
    /// Whether pages for people are served too.
    has_console: bool,
}

impl Admin {
    /// The admin API over `reload`, for whoever bears one of the tokens.
    #[must_use]
    pub fn new(reload: Reload, tokens: Vec<Token>, limits: HttpLimits) -> Self {
        let shares = Shares::of(tokens.iter().map(|token| token.publisher.name.as_str()));
        Self { reload, tokens, shares, limits, has_console: false }
    }

    /// The same, with pages for people at `/`, or without.
    #[must_use]
    pub(crate) fn with_console(self, has_console: bool) -> Self {
        Self { has_console, ..self }
    }
}

/// All routes. Every one wants a token, but for those that ask how the host is, and the files of the console.
pub fn router(admin: Arc<Admin>, metrics: Arc<Exposition>, recorder: Recorder) -> Router {
    let probes = Router::new().route("/readyz", get(readyz)).with_state(Arc::clone(&admin));
    let console = match admin.has_console {
        true => console_routes(Listener::Admin),
        false => Router::new(),
    };
    // Whoever writes a query there believes that it does something.
    let without_query = Router::new()
        .route("/v1/packages/{name}", get(status))
        .route("/v1/packages/{name}/activate", post(activate))
        .route("/v1/packages/{name}/canary", post(canary))
        .route("/v1/packages/{name}/shadow", post(shadow))
        .route("/v1/packages/{name}/promote", post(promote))
        .route(ROLLBACK, post(roll_back))
        .route("/v1/document-types/{name}/settings", settings::methods())
        .route("/v1/prune", post(prune))
        .route("/v1/backup", post(backup::backup))
        .route_layer(middleware::from_fn(refuse_query));
    without_query
        .route("/v1/packages", get(list).post(publish))
        .route("/v1/packages/{name}/history", get(name_history))
        .route("/v1/history", get(history))
        .route("/v1/load_lora_adapter", post(lora::load))
        .route("/v1/unload_lora_adapter", post(lora::unload))
        .merge(metrics_routes(metrics))
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&admin), token::authenticate))
        .merge(probes)
        .merge(console)
        .layer(middleware::from_fn_with_state(recorder.clone(), observe))
        .with_state(admin)
        .merge(liveness(recorder))
}

type Answer = Result<Response, ApiError>;

/// Whether anything can be published and changed: not while the disk refuses.
async fn readyz(State(admin): State<Arc<Admin>>) -> Response {
    match admin.reload.is_writable() {
        true => "ready\n".into_response(),
        false => ApiError::Unwritable.into_response(),
    }
}

async fn publish(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    request: Request,
) -> Answer {
    let asked = is_dry_run(&request);
    let (head, body) = request.into_parts();
    // A place first, and then to the disk: what waits for its turn is not in memory.
    let begun = async { Ok::<_, ApiError>((asked?, admin.reload.begin_upload(&publisher).await?)) };
    let (is_dry, mut upload) = match begun.await {
        Ok(begun) => begun,
        Err(error) => {
            discard(&head.headers, body);
            return Err(error);
        }
    };
    receive(&head.headers, body, &admin.limits, &mut upload).await?;
    let reload = admin.reload.clone();
    if is_dry {
        // To its end though the client may leave: what it put on the disk goes then.
        let running = tokio::spawn(async move { reload.dry_run_upload(upload).await });
        let run = running.await.map_err(|_| EngineError::Panicked)??;
        return Ok(Json(DryRunBody::of(&run)).into_response());
    }
    // Publishing goes on though the client may leave: it is then told by the status.
    let publishing = tokio::spawn(async move { reload.publish_upload(upload).await });
    let version = publishing.await.map_err(|_| EngineError::Panicked)??;
    Ok((StatusCode::CREATED, Json(VersionBody::of(&version))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageBody {
    package: PackageDigest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CanaryBody {
    package: PackageDigest,
    percent: u64,
}

async fn activate(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    Name(name): Name,
    request: Request,
) -> Answer {
    let PackageBody { package } = read_json(&admin, request).await?;
    apply(&admin, &publisher, &name, Step::Activate(package)).await
}

async fn canary(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    Name(name): Name,
    request: Request,
) -> Answer {
    let CanaryBody { package, percent } = read_json(&admin, request).await?;
    apply(&admin, &publisher, &name, Step::Canary(package, Percent::new(percent)?)).await
}

async fn shadow(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    Name(name): Name,
    request: Request,
) -> Answer {
    let PackageBody { package } = read_json(&admin, request).await?;
    apply(&admin, &publisher, &name, Step::Shadow(package)).await
}

async fn promote(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    Name(name): Name,
    request: Request,
) -> Answer {
    refuse_body(request)?;
    apply(&admin, &publisher, &name, Step::Promote).await
}

async fn roll_back(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    Name(name): Name,
    request: Request,
) -> Answer {
    refuse_body(request)?;
    apply(&admin, &publisher, &name, Step::RollBack).await
}

async fn apply(admin: &Admin, publisher: &Publisher, name: &str, step: Step) -> Answer {
    // The task that makes the change decides whether the publisher reaches the name, as it stands then.
    let applied = admin.reload.apply_for(name, step, publisher).await?;
    Ok(Json(AppliedBody::of(name, applied)).into_response())
}

async fn status(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    Name(name): Name,
) -> Answer {
    admin.reload.check_scope(&name, &publisher.scope).await?;
    Ok(Json(StatusBody::of(&admin.reload.status(&name).await?)).into_response())
}

async fn list(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    request: Request,
) -> Answer {
    let page = page(&request)?;
    let _turn = admin.shares.look(&publisher.name).await;
    let listed = admin.reload.list(page.after, page.limit, &publisher.scope).await?;
    Ok(Json(ListBody::of(&listed, admin.reload.code_counts())).into_response())
}

async fn history(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    request: Request,
) -> Answer {
    let limit = history_limit(&request)?;
    let _turn = admin.shares.look(&publisher.name).await;
    let wanted = move |event: &dossier_store::Event| reaches(&publisher.scope, &event.plugin);
    Ok(Json(HistoryBody::of(admin.reload.history(limit, wanted).await?)).into_response())
}

async fn name_history(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    Name(name): Name,
    request: Request,
) -> Answer {
    let limit = history_limit(&request)?;
    let _turn = admin.shares.look(&publisher.name).await;
    admin.reload.check_scope(&name, &publisher.scope).await?;
    let wanted = move |event: &dossier_store::Event| event.plugin == name;
    Ok(Json(HistoryBody::of(admin.reload.history(limit, wanted).await?)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PruneRequest {
    dry_run: bool,
}

async fn prune(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    request: Request,
) -> Answer {
    let PruneRequest { dry_run } = read_json(&admin, request).await?;
    let pruned = admin.reload.prune_for(dry_run, &publisher).await?;
    Ok(Json(PruneBody::of(&pruned)).into_response())
}
