//! Everybody's picture: a coloured disc with their initial; Odo has one of his own, as people on Discord have.

use axum::{
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use super::{entities::User, html::escaped, id::Id, service::Service};

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

/// Odo's, under the name that Discord's would have: of its content.
const ODO: (&str, &str, &[u8]) = ("odo", "8f2c1be07d9a4c6e5b3f60a1d4e7c928", include_bytes!("odo.webp"));

/// What Discord calls the picture that somebody chose.
pub fn hash_of(user: &User) -> Option<&'static str> {
    let (name, hash, _) = ODO;
    (user.username == name).then_some(hash)
}

/// `/avatars/ID/HASH.webp`: <https://discord.com/developers/docs/reference#image-formatting>
pub async fn own(State(service): State<Service>, Path((user, file)): Path<(Id, String)>) -> Response {
    let (_, hash, bytes) = ODO;
    let is_theirs = service.look(|state| state.users.get(&user).and_then(hash_of)) == Some(hash);
    if !is_theirs || file != format!("{hash}.webp") {
        return StatusCode::NOT_FOUND.into_response();
    }
    ([(CONTENT_TYPE, "image/webp")], bytes).into_response()
}
