//! How long it took somebody to come in, as their page measured it: numbers alone, none of them anybody's.

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use serde::Deserialize;

use super::{Call, caller::Tab, problem::Problem};
use crate::{
    store::{BOUNDS_MS, Part},
    telemetry,
};

/// Milliseconds since the press of Join, each at least the one before.
#[derive(Debug, Deserialize)]
pub(super) struct Times {
    /// The room token was there.
    token: u32,
    /// SignalWire's relay answered.
    connected: u32,
    /// Inside.
    joined: u32,
    /// The first frame was there; none came where everybody's camera is off.
    #[serde(default)]
    picture: Option<u32>,
}

impl Times {
    /// How long each part took, or none where that can't be.
    fn parts(&self) -> Option<Vec<(Part, u32)>> {
        let Self { token, connected, joined, picture } = *self;
        let mut parts = vec![
            (Part::Token, token),
            (Part::Socket, connected.checked_sub(token)?),
            (Part::Answer, joined.checked_sub(connected)?),
        ];
        if let Some(picture) = picture {
            parts.extend([(Part::Picture, picture.checked_sub(joined)?), (Part::Whole, picture)]);
        }
        let longest = BOUNDS_MS[BOUNDS_MS.len() - 1];
        (picture.unwrap_or(joined) <= longest).then_some(parts)
    }
}

pub(super) async fn took(
    State(call): State<Call>,
    tab: Tab,
    Path(key): Path<String>,
    Json(times): Json<Times>,
) -> Result<StatusCode, Problem> {
    let parts = times.parts().ok_or(Problem::Invalid("times that can't be"))?;
    let caller = call.caller(&tab, &key).await?;
    // As often as one may come in, and no oftener.
    call.0.joins.take(&caller.session.user_id)?;
    for (part, ms) in &parts {
        telemetry::joining_took(part.as_str(), *ms);
    }
    call.store.add_join(caller.room.place.guild_id, &parts, call.clock.unix_ms()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn times(token: u32, connected: u32, joined: u32, picture: Option<u32>) -> Times {
        Times { token, connected, joined, picture }
    }

    #[test]
    fn each_part_is_what_lies_between_two_moments() {
        let parts = times(100, 250, 600, Some(1_000)).parts().unwrap();
        let took =
            [(Part::Token, 100), (Part::Socket, 150), (Part::Answer, 350), (Part::Picture, 400), (Part::Whole, 1_000)];
        assert_eq!(parts, took);
        assert_eq!(times(0, 0, 0, None).parts().unwrap().len(), 3, "without a picture there is no whole");
    }

    #[test]
    fn what_runs_backwards_or_is_too_long_is_refused() {
        for impossible in [
            times(2, 1, 3, None),
            times(1, 3, 2, None),
            times(1, 2, 3, Some(2)),
            times(1, 2, 120_001, None),
            times(1, 2, 3, Some(u32::MAX)),
        ] {
            assert_eq!(impossible.parts(), None, "{impossible:?}");
        }
    }
}
