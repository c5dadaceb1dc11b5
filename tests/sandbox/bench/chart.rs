//! The comparison as a picture: tokens a second of each of the three, for each latency and number of clients.

use std::fmt::Write as _;

use serde_json::Value;

const SYSTEMS: [&str; 3] = ["stand-in", "relay", "Greenroom"];
const LATENCIES: [u64; 3] = [0, 20, 100];
const CLIENTS: [u64; 3] = [1, 64, 512];
/// Of one of the three panels, and its place.
const PANEL: (f64, f64) = (250.0, 200.0);
const LEFT: f64 = 56.0;
const TOP: f64 = 64.0;
const GAP: f64 = 22.0;
/// From 1 to 100,000 tokens a second, each step ten times the one before.
const DECADES: f64 = 5.0;
const BAR: f64 = 20.0;

/// Colours that stand out from each other on white and on black, also for who sees no red.
const STYLE: &str = "
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .small { font-size: 10px; fill: #59636e }
  .grid { stroke: #d1d9e0 }
  .stand-in { fill: #9aa4af }
  .relay { fill: #3b82c4 }
  .Greenroom { fill: #2f9e62 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .stand-in { fill: #6b7580 }
  }
";

pub fn draw(rows: &[Value]) -> String {
    let width = LEFT + 3.0 * (PANEL.0 + GAP);
    let height = TOP + PANEL.1 + 64.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"Room tokens a second of the stand-in, a bare relay and Greenroom\">\n<style>{STYLE}</style>\n\
         <text class=\"title\" x=\"{LEFT}\" y=\"22\">Room tokens a second, more is better (logarithmic)</text>\n"
    );
    for (place, system) in SYSTEMS.into_iter().enumerate() {
        let x = LEFT + place as f64 * 110.0;
        // Writing into a string does not fail.
        let _ = writeln!(
            svg,
            "<rect class=\"{system}\" x=\"{x}\" y=\"34\" width=\"12\" height=\"12\"/><text x=\"{}\" y=\"44\">{system}</text>",
            x + 18.0
        );
    }
    for decade in 0..=DECADES as u32 {
        let y = height_of(10f64.powi(decade.cast_signed()));
        let _ = writeln!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>\
             <text class=\"small\" text-anchor=\"end\" x=\"{}\" y=\"{}\">{}</text>",
            width - GAP,
            LEFT - 6.0,
            y + 3.0,
            10u32.pow(decade)
        );
    }
    for (panel, latency) in LATENCIES.into_iter().enumerate() {
        let left = LEFT + panel as f64 * (PANEL.0 + GAP);
        let _ = writeln!(
            svg,
            "<text text-anchor=\"middle\" x=\"{}\" y=\"{}\">{latency} ms to SignalWire</text>",
            left + PANEL.0 / 2.0,
            TOP + PANEL.1 + 42.0
        );
        for (group, clients) in CLIENTS.into_iter().enumerate() {
            let x = left + group as f64 * PANEL.0 / 3.0 + 8.0;
            let _ = writeln!(
                svg,
                "<text class=\"small\" text-anchor=\"middle\" x=\"{}\" y=\"{}\">{clients} at once</text>",
                x + BAR * 1.5,
                TOP + PANEL.1 + 18.0
            );
            for (place, system) in SYSTEMS.into_iter().enumerate() {
                let is =
                    |row: &&Value| row["latency_ms"] == latency && row["clients"] == clients && row["system"] == system;
                let Some(rate) = rows.iter().find(is).and_then(|row| row["per_second"].as_f64()) else { continue };
                let (x, y) = (x + place as f64 * BAR, height_of(rate));
                let _ = writeln!(
                    svg,
                    "<rect class=\"{system}\" x=\"{x}\" y=\"{y:.1}\" width=\"{}\" height=\"{:.1}\"/>\
                     <text class=\"small\" text-anchor=\"middle\" x=\"{}\" y=\"{:.1}\">{}</text>",
                    BAR - 2.0,
                    TOP + PANEL.1 - y,
                    x + BAR / 2.0 - 1.0,
                    y - 3.0,
                    short(rate)
                );
            }
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn height_of(rate: f64) -> f64 {
    TOP + PANEL.1 * (1.0 - rate.max(1.0).log10() / DECADES)
}

/// As many digits as a bar is wide.
fn short(rate: f64) -> String {
    if rate < 1000.0 { format!("{rate:.0}") } else { format!("{:.1}k", rate / 1000.0) }
}
