//! Points in time, `<t:SECONDS:STYLE>`. <https://discord.com/developers/docs/reference#message-formatting-timestamp-styles>

use jiff::{Timestamp, tz::TimeZone};

/// `rest` is what stands behind `t:`.
pub fn render(rest: &str, now_ms: i64) -> Option<String> {
    let (seconds, style) = rest.split_once(':').unwrap_or((rest, "f"));
    let at = Timestamp::from_second(seconds.parse().ok()?).ok()?;
    let format = match style {
        "t" => "%H:%M",
        "T" => "%H:%M:%S",
        "d" => "%d/%m/%Y",
        "D" => "%-d %B %Y",
        "f" => "%-d %B %Y %H:%M",
        "F" => "%A, %-d %B %Y %H:%M",
        "R" => "",
        _ => return None,
    };
    let text = match style {
        "R" => relative(at.as_second() - now_ms.div_euclid(1000)),
        _ => at.to_zoned(TimeZone::UTC).strftime(format).to_string(),
    };
    Some(format!("<time datetime=\"{at}\" data-style=\"{style}\">{text}</time>"))
}

/// `in 5 minutes`, `2 hours ago`; `seconds` are those still to go.
fn relative(seconds: i64) -> String {
    let distance = seconds.unsigned_abs();
    let units =
        [(31_536_000, "year"), (2_592_000, "month"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let Some((per, unit)) = units.into_iter().find(|(per, _)| distance >= *per) else { return "now".to_owned() };
    let count = distance / per;
    let some = match (count, unit) {
        (1, "hour") => "an hour".to_owned(),
        (1, unit) => format!("a {unit}"),
        (count, unit) => format!("{count} {unit}s"),
    };
    if seconds > 0 { format!("in {some}") } else { format!("{some} ago") }
}
