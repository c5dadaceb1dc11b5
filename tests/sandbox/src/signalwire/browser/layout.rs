//! What `video.layout.changed` tells one viewer. There is no composed picture: the layers say which one member is really shown,
//! and where the SDK may lay the viewer's own camera.

use serde_json::Value;

use super::super::media::Picture;
use super::super::state::{Member, Session, view};

/// In percent of the frame: x, y, width, height.
type Place = [f64; 4];

const WHOLE: Place = [0.0, 0.0, 100.0, 100.0];
const CORNER: Place = [78.0, 76.0, 20.0, 20.0];

/// `members`: whoever is inside and can be shown. Who has no layer is off the canvas.
pub fn layout_changed(session: &Session, viewer: &Member, picture: &Picture, members: &[Member]) -> Value {
    let shown = match picture {
        Picture::Of(member) => Some(member),
        Picture::CameraOff(member) => member.as_ref(),
    };
    let mut layers = Vec::new();
    if let Some(member) = members.iter().find(|member| Some(&member.id) == shown) {
        layers.push(view::layer(member, WHOLE, 0, 0));
    }
    let is_shown = shown == Some(&viewer.id);
    if !is_shown && members.iter().any(|member| member.id == viewer.id) {
        layers.push(view::layer(viewer, CORNER, 1, 1));
    }
    view::layout(session, layers)
}
