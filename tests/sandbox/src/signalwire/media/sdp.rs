//! What we read from and do to session descriptions as text: whose one is, its sections, and their order.

/// The certificate a description speaks for. The same one again in a later offer means the same page and an ICE restart;
/// another one means that the page was loaded anew.
pub fn fingerprint(sdp: &str) -> Option<&str> {
    sdp.lines().find_map(|line| line.strip_prefix("a=fingerprint:")).map(str::trim)
}

/// The names (`a=mid`) of the sections of one kind, "audio" or "video".
pub fn sections<'a>(sdp: &'a str, kind: &'a str) -> impl Iterator<Item = &'a str> {
    let of_kind = sdp.split("\nm=").skip(1).filter(move |section| section.starts_with(kind));
    of_kind.filter_map(|section| section.lines().find_map(|line| line.strip_prefix("a=mid:")).map(str::trim))
}

/// The answer with m=audio before m=video, also when the offer was video first: SDK 3.30.0 turns the sections of every
/// answer to a video-first offer round by itself, and damages one that already is in the order of the offer.
pub fn audio_first(answer: &str) -> String {
    let mut parts = answer.split("\r\nm=").map(str::to_owned);
    let session = parts.next().unwrap_or_default();
    let mut sections: Vec<String> = parts.map(|part| part.trim_end_matches("\r\n").to_owned()).collect();
    sections.sort_by_key(|section| !section.starts_with("audio"));
    let mut sorted = session.trim_end_matches("\r\n").to_owned();
    for section in sections {
        sorted.push_str("\r\nm=");
        sorted.push_str(&section);
    }
    sorted.push_str("\r\n");
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_video_first_answer_is_turned_round() {
        let answer = "v=0\r\na=group:BUNDLE 0 1\r\nm=video 9 X 96\r\na=mid:0\r\nm=audio 9 X 111\r\na=mid:1\r\n";
        assert_eq!(
            audio_first(answer),
            "v=0\r\na=group:BUNDLE 0 1\r\nm=audio 9 X 111\r\na=mid:1\r\nm=video 9 X 96\r\na=mid:0\r\n"
        );
    }

    #[test]
    fn an_audio_first_answer_stays() {
        let answer = "v=0\r\nm=audio 9 X 111\r\na=mid:0\r\nm=video 9 X 96\r\na=mid:1\r\n";
        assert_eq!(audio_first(answer), answer);
        assert_eq!(audio_first("v=0"), "v=0\r\n");
        assert_eq!(audio_first(""), "\r\n");
    }

    #[test]
    fn sections_are_found_by_their_kind() {
        let sdp = "v=0\r\nm=video 9 X 96\r\na=mid:0\r\nm=audio 9 X 111\r\na=mid:one\r\nm=video 9 X 96\r\na=mid:2\r\n";
        assert_eq!(sections(sdp, "video").collect::<Vec<_>>(), ["0", "2"]);
        assert_eq!(sections(sdp, "audio").collect::<Vec<_>>(), ["one"]);
        assert_eq!(sections("", "audio").count(), 0);
    }

    #[test]
    fn the_fingerprint_is_found_in_either_place() {
        assert_eq!(fingerprint("v=0\r\nm=audio\r\na=fingerprint:sha-256 AB:CD\r\n"), Some("sha-256 AB:CD"));
        assert_eq!(fingerprint("v=0\r\n"), None);
    }
}
