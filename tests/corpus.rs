//! What strangers send, from a corpus and whatever is like it: requests with their parameters, headers and JSON, and pictures.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

#[path = "../crates/offloop/fuzz/mutate.rs"]
mod mutate;

use std::path::PathBuf;

use axum::body::Body;
use futures_executor::block_on;
use http::Request;
use http_body_util::BodyExt;
use offloop::{Executor, Options};
use offloop_edge::limits::Limits;
use offloop_edge::tasks::TASKS;
use offloop_edge::views;
use serde_json::Value;
use tower::ServiceExt;

fn corpus(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// A request as a file has it: method and target, headers, an empty line, the body. Nothing if no server would pass it on.
fn request(text: &[u8]) -> Option<http::request::Request<Body>> {
    let end = text.windows(2).position(|pair| pair == b"\n\n").unwrap_or(text.len());
    let (head, body) = (&text[..end], text.get(end + 2..).unwrap_or_default());
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (method, target) = first.split_once(' ')?;
    let mut request = Request::builder().method(method).uri(target);
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        request = request.header(&line[..colon], line[colon + 1..].trim_ascii());
    }
    request.body(body.to_vec().into()).ok()
}

#[test]
fn requests_of_anybody() {
    let router = views::router(Limits { timeout: std::time::Duration::from_millis(5), ..Limits::default() });
    // Takes no job: what is asked for is read, and then refused.
    let pool = Executor::inline(&TASKS, Options::default());
    block_on(pool.close());
    mutate::explore(&corpus("corpus/requests"), |bytes| {
        let Some(mut request) = request(bytes) else { return };
        request.extensions_mut().insert(pool.clone());
        let asked = format!("{} {}", request.method(), request.uri());
        let (head, body) = block_on(router.clone().oneshot(request)).unwrap().into_parts();
        let body = block_on(body.collect()).unwrap().to_bytes();
        assert!(![500, 502].contains(&head.status.as_u16()), "{asked}: {} {body:?}", head.status);
        if head.status.is_client_error() {
            assert_eq!(head.headers["content-type"], "application/problem+json", "{asked}");
            assert!(
                serde_json::from_slice::<Value>(&body).is_ok_and(|problem| problem["title"].is_string()),
                "{asked}: {body:?}"
            );
        }
    });
}

#[test]
fn json_arguments_of_anybody() {
    mutate::explore(&corpus("corpus/requests"), |bytes| {
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").map_or(0, |end| end + 2);
        for entry in &TASKS {
            if let Err(error) = entry.input_from_json(&bytes[end..]) {
                assert_eq!(error.kind(), "malformed", "{}: {error}", entry.name());
            }
        }
    });
}

#[cfg(feature = "thumbnail")]
#[test]
fn pictures_of_anybody() {
    use offloop_edge::tasks::{ThumbnailOptions, thumbnail};

    let options = ThumbnailOptions { width: Some(9), height: Some(7), ..ThumbnailOptions::default() };
    mutate::explore(&corpus("fixtures/pictures"), |bytes| {
        if let Ok(made) = thumbnail(&offloop::Context::none(), bytes.to_vec().into(), options.clone()) {
            assert!(
                (1..=9).contains(&made.width) && (1..=7).contains(&made.height),
                "{} × {}",
                made.width,
                made.height
            );
            assert!(!made.picture.is_empty());
        }
    });
}
