//! Which language somebody reads. In: a Discord locale or a browser's `Accept-Language`. Out: a [`Locale`] we have.

/// A language of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    #[default]
    En,
    De,
}

/// Entries of `Accept-Language` that are looked at; browsers send a handful.
const LANGUAGES_READ: usize = 32;

impl Locale {
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// As stored, and as the page's `lang` attribute.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// A Discord locale such as `de` or `en-US`; also reads what [`Locale::code`] wrote. Unknown: English.
    pub fn from_discord(locale: &str) -> Self {
        Self::known(locale).unwrap_or_default()
    }

    /// The best language of a browser's `Accept-Language` header that we have. None of them: English.
    pub fn from_accept_language(header: &str) -> Self {
        let mut best = (0.0, Self::default());
        for entry in header.split(',').take(LANGUAGES_READ) {
            let (tag, parameters) = entry.split_once(';').unwrap_or((entry, ""));
            let quality = parameters.trim().strip_prefix("q=").map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0));
            // The first of equals wins, as RFC 9110 section 12.5.4 leaves open and browsers expect.
            if let Some(locale) = Self::known(tag)
                && quality > best.0
            {
                best = (quality, locale);
            }
        }
        best.1
    }

    fn known(tag: &str) -> Option<Self> {
        let language = tag.trim().split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|locale| locale.code().eq_ignore_ascii_case(language))
    }
}

impl std::fmt::Display for Locale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Locale;

    #[test]
    fn discord_locales_name_a_language_with_or_without_a_region() {
        for (given, expected) in [
            ("de", Locale::De),
            ("en-US", Locale::En),
            ("en-GB", Locale::En),
            ("DE-at", Locale::De),
            ("fr", Locale::En),
            ("den", Locale::En),
            ("", Locale::En),
        ] {
            assert_eq!(Locale::from_discord(given), expected, "{given}");
        }
    }

    #[test]
    fn the_browsers_most_wanted_language_wins() {
        for (given, expected) in [
            ("de-DE,de;q=0.9,en;q=0.8", Locale::De),
            ("en;q=0.8, de;q=0.9", Locale::De),
            ("fr, en;q=0.5, de;q=0.4", Locale::En),
            ("fr-CH, fr;q=0.9", Locale::En),
            ("de;q=0, en;q=0.1", Locale::En),
            ("de;q=nonsense", Locale::En),
            ("*", Locale::En),
            ("", Locale::En),
        ] {
            assert_eq!(Locale::from_accept_language(given), expected, "{given}");
        }
    }
}
