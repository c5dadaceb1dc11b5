//! The page's files: plain modules that the browser loads as they are, carried in the executable.

use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, Uri, header::CONTENT_TYPE};

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Path, kind and content of each file.
const FILES: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("page/index.html")),
    ("/stage.css", STYLE, include_str!("page/stage.css")),
    ("/places.css", STYLE, include_str!("page/places.css")),
    ("/channel.css", STYLE, include_str!("page/channel.css")),
    ("/cast.css", STYLE, include_str!("page/cast.css")),
    ("/narrow.css", STYLE, include_str!("page/narrow.css")),
    ("/message.css", STYLE, include_str!("page/message.css")),
    ("/icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
    ("/stage.js", SCRIPT, include_str!("page/stage.js")),
    ("/api.js", SCRIPT, include_str!("page/api.js")),
    ("/box.js", SCRIPT, include_str!("page/box.js")),
    ("/dom.js", SCRIPT, include_str!("page/dom.js")),
    ("/form.js", SCRIPT, include_str!("page/form.js")),
    ("/icons.js", SCRIPT, include_str!("page/icons.js")),
    ("/messages.js", SCRIPT, include_str!("page/messages.js")),
    ("/people.js", SCRIPT, include_str!("page/people.js")),
    ("/places.js", SCRIPT, include_str!("page/places.js")),
    ("/syntax.js", SCRIPT, include_str!("page/syntax.js")),
    ("/tour.js", SCRIPT, include_str!("page/tour.js")),
];

pub(super) async fn file(uri: Uri) -> Response {
    match FILES.iter().find(|(path, ..)| *path == uri.path()) {
        Some((_, kind, content)) => ([(CONTENT_TYPE, *kind)], *content).into_response(),
        None => (StatusCode::NOT_FOUND, "There is no such file on the stage.\n").into_response(),
    }
}
