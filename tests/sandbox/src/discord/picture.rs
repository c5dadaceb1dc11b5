//! Everybody's picture: a coloured disc with their initial.

use axum::{
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use super::{html::escaped, id::Id, service::Service};

const COLORS: [&str; 7] = ["#2f9e62", "#eb459e", "#1f8fa3", "#faa61a", "#ed4245", "#00a8fc", "#9b59b6"];

/// `/avatars/ID.svg`
pub async fn avatar(State(service): State<Service>, Path(file): Path<String>) -> Response {
    let id: Option<Id> = file.strip_suffix(".svg").and_then(|id| id.parse().ok());
    let found = service.look(|state| {
        let user = state.users.get(&id?)?;
        let nth = state.users.keys().position(|known| *known == user.id)?;
        Some((user.name().chars().next().unwrap_or('?'), COLORS[nth % COLORS.len()]))
    });
    let Some((initial, color)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 80 80\"><circle cx=\"40\" cy=\"40\" r=\"40\" \
         fill=\"{color}\"/><text x=\"40\" y=\"54\" font-family=\"sans-serif\" font-size=\"40\" fill=\"#fff\" \
         text-anchor=\"middle\">{}</text></svg>",
        escaped(&initial.to_string())
    );
    ([(CONTENT_TYPE, "image/svg+xml")], svg).into_response()
}
