//! Answers of outside parties, read to a bound: whoever sends without end is not read to the end.

use reqwest::Response;

/// The body; none where it is longer than `most` bytes, of which no more are read.
pub async fn body(response: &mut Response, most: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > most {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}
