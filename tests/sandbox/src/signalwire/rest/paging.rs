//! Lists, page by page: `page_size`, `page_number` from 0, and a `page_token` beyond the first page.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::form_urlencoded::Serializer;

use super::{Problem, Refusal, input::Parameters};
use crate::signalwire::Service;

/// Which page of which list somebody wants.
pub(super) struct Page {
    /// Where the list is, with the filters but without the paging.
    url: String,
    filters: Vec<(String, String)>,
    size: usize,
    number: usize,
}

impl Page {
    pub fn wanted(service: &Service, path: &str, parameters: &Parameters) -> Result<Self, Refusal> {
        let paging = |name: &str| matches!(name, "page_size" | "page_number" | "page_token");
        let filters = parameters.0.iter().filter(|(name, _)| !paging(name));
        let mut filters: Vec<(String, String)> = filters.map(|(name, value)| (name.clone(), value.clone())).collect();
        filters.sort();
        let page = Self {
            url: format!("http://{}{path}", service.addr),
            filters,
            size: parameters.number("page_size", 1..=1_000, 50)?,
            number: parameters.number("page_number", 0..=usize::MAX, 0)?,
        };
        match parameters.text("page_token") {
            None if page.number == 0 => Ok(page),
            None => Err(Problem::new("page_token_required", "page_token", "is required with page_number").into()),
            Some(token) if token == page.token(page.number) => Ok(page),
            Some(_) => Err(Problem::new("page_token_is_invalid", "page_token", "is invalid").into()),
        }
    }

    /// Opaque to clients: they follow links.
    fn token(&self, number: usize) -> String {
        let hash = Sha256::digest(format!("{}\n{:?}\n{}\n{number}", self.url, self.filters, self.size));
        hash.iter().take(16).fold("PA".to_owned(), |token, byte| format!("{token}{byte:02x}"))
    }

    fn link(&self, number: usize) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(&self.filters);
        query.append_pair("page_number", &number.to_string());
        query.append_pair("page_size", &self.size.to_string());
        query.append_pair("page_token", &self.token(number));
        format!("{}?{}", self.url, query.finish())
    }

    /// The answer: this page's part of `items`.
    pub fn cut<T>(&self, items: impl Iterator<Item = T>, view: impl Fn(T) -> Value) -> Value {
        let mut items = items.skip(self.size.saturating_mul(self.number));
        let data: Vec<Value> = items.by_ref().take(self.size).map(view).collect();
        let mut links = json!({ "self": self.link(self.number), "first": self.link(0) });
        if items.next().is_some() {
            links["next"] = self.link(self.number + 1).into();
        }
        if let Some(before) = self.number.checked_sub(1) {
            links["prev"] = self.link(before).into();
        }
        json!({ "links": links, "data": data })
    }
}
