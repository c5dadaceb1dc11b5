use super::{super::cast, *};
use crate::{clock::Clock, discord::Id};

fn world() -> State {
    let mut state = State::new(Clock::new(), Id(77), "http://127.0.0.1:1".into());
    cast::furnish(&mut state);
    state
}

#[test]
fn markdown_becomes_html() {
    let state = world();
    for (text, html) in [
        ("plain", "plain"),
        ("**bold** and *thin* and _thin_", "<strong>bold</strong> and <em>thin</em> and <em>thin</em>"),
        ("***both***", "<strong><em>both</em></strong>"),
        ("__under__ ~~gone~~", "<u>under</u> <s>gone</s>"),
        ("**a *b* c**", "<strong>a <em>b</em> c</strong>"),
        ("snake_case_name 2 * 3 * 4", "snake_case_name 2 * 3 * 4"),
        ("`**code**` ``a`b``", "<code>**code**</code> <code>a`b</code>"),
        ("||boo||", "<span class=\"spoiler\" tabindex=\"0\">boo</span>"),
        ("\\*not\\*", "*not*"),
        ("*open", "*open"),
        ("a\nb", "a<br>b"),
        ("# Big\nsmall", "<h1>Big</h1>small"),
        ("-# fine print", "<small>fine print</small>"),
        ("- one\n- two\nend", "<ul><li>one</li><li>two</li></ul>end"),
        ("1. one\n2. two", "<ol><li>one</li><li>two</li></ol>"),
        ("> said\n> so\nend", "<blockquote>said<br>so</blockquote>end"),
        ("a\n>>> b\nc", "a<blockquote>b<br>c</blockquote>"),
        ("```rs\nlet a = 1 < 2;\n```", "<pre><code>let a = 1 &lt; 2;</code></pre>"),
        ("#nospace", "#nospace"),
    ] {
        assert_eq!(render(&state, text), html, "{text}");
    }
}

#[test]
fn links_lead_to_the_web_and_nowhere_else() {
    let state = world();
    let link = "<a href=\"https://a.example/?b=1&amp;c=2\" target=\"_blank\" rel=\"noopener noreferrer\">";
    for (text, html) in [
        ("[here](https://a.example/?b=1&c=2)", format!("{link}here</a>")),
        ("see https://a.example/?b=1&c=2.", format!("see {link}https://a.example/?b=1&amp;c=2</a>.")),
        ("<https://a.example/?b=1&c=2>", format!("{link}https://a.example/?b=1&amp;c=2</a>")),
        ("[no](javascript:alert(1))", "[no](javascript:alert(1))".to_owned()),
    ] {
        assert_eq!(render(&state, text), html, "{text}");
    }
}

#[test]
fn mentions_and_times_are_shown_as_people_read_them() {
    let state = world();
    let (mira, general) = (state.user_named("mira").unwrap().id, state.channel_named("general").unwrap().id);
    let of = |text: String| render(&state, &text);
    assert_eq!(of(format!("<@{mira}>")), "<span class=\"mention\">@Mira</span>");
    assert_eq!(
        of(format!("<#{general}>")),
        format!("<span class=\"mention\" data-channel=\"{general}\">#general</span>")
    );
    assert_eq!(of("</video:5>".into()), "<span class=\"mention\" data-command=\"video\">/video</span>");
    assert_eq!(of("@everyone".into()), "<span class=\"mention\">@everyone</span>");
    let past = state.now() / 1000 - 300;
    let html = of(format!("<t:{past}:R>"));
    assert!(
        html.starts_with("<time datetime=\"20") && html.ends_with("data-style=\"R\">5 minutes ago</time>"),
        "{html}"
    );
    let html = of("<t:1700000000>".into());
    assert_eq!(html, "<time datetime=\"2023-11-14T22:13:20Z\" data-style=\"f\">14 November 2023 22:13</time>");
}

#[test]
fn nothing_from_outside_becomes_markup() {
    let state = world();
    for text in [
        "<script>alert(1)</script>",
        "**<img src=x onerror=alert(1)>**",
        "`<b>`",
        "[<b>](https://a.example/\"onclick=\"x)",
        "<t:abc:R><@x><#><>",
        "```<b>```",
        "\\<b>",
        "&lt;",
    ] {
        let html = render(&state, text);
        for tag in ["<script", "<img", "<b>", "\"onclick"] {
            assert!(!html.contains(tag), "{text} became {html}");
        }
    }
    assert_eq!(render(&state, "&lt;"), "&amp;lt;");
    // Far nested and unbalanced marks end.
    render(&state, &"*_".repeat(2000));
    render(&state, &"[".repeat(4000));
}
