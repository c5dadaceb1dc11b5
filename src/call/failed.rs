//! A join that failed where only the browser saw it: at the video service, or on the way there. It gets a reference like
//! everything else that goes wrong, and a line in the log that stands under it.

use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    Call,
    caller::Tab,
    problem::{Problem, json},
};

/// The page's own codes (`web/src/problem.ts`); whatever else it sends is not written down.
const CODES: [&str; 8] = [
    "internal",
    "join_refused",
    "join_timeout",
    "media_unreachable",
    "page_incomplete",
    "room_missing",
    "token_refused",
    "video_unreachable",
];
/// Characters of the vendor's own words: its code and a short sentence.
const SAID_MAX: usize = 120;

#[derive(Deserialize)]
pub(super) struct Failure {
    code: String,
    /// What the video service said, in its words.
    #[serde(default)]
    said: String,
}

#[derive(Serialize)]
struct Referred<'a> {
    reference: &'a str,
}

pub(super) async fn tell(
    State(call): State<Call>,
    tab: Tab,
    Path(key): Path<String>,
    Json(failure): Json<Failure>,
) -> Result<Response, Problem> {
    let code = CODES.into_iter().find(|known| *known == failure.code);
    let code = code.ok_or(Problem::Invalid("a failure that no page of ours has"))?;
    let caller = call.caller(&tab, &key).await?;
    // As often as one may come in, and no oftener.
    call.0.joins.take(&caller.session.user_id)?;
    let reference = call.random.reference();
    tracing::warn!(
        reference,
        code,
        said = plain(&failure.said),
        room.key = key,
        user.id = caller.session.user_id,
        "a browser could not come in"
    );
    Ok(json(StatusCode::OK, &Referred { reference: &reference }))
}

/// Somebody's browser wrote it: only what a vendor's code and sentence are made of.
fn plain(said: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | ',' | ':' | '_' | '-');
    said.chars().take(SAID_MAX).filter(is_plain).collect()
}
