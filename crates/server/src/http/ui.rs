//! The built UI, served from the binary with the same content security policy as the window has.

use axum::{
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

include!(concat!(env!("OUT_DIR"), "/ui_files.rs"));

/// The policy: scripts, styles, fonts and calls of this address only; nothing inline, nothing framed.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const NOT_BUILT: &str = "<!doctype html><title>Orchestron</title><p>This build of Orchestron carries no UI. Run <code>./dev setup</code> in its checkout, which builds the UI and then the program.</p>";

/// A file of the UI; paths without a file are the UI's own pages.
pub async fn file(uri: Uri) -> Response {
    let path = uri.path();
    if path.starts_with("/api/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let found = FILES.iter().find(|(name, _)| *name == path);
    let page = || FILES.iter().find(|(name, _)| *name == "/index.html");
    let looks_like_file = path
        .rsplit('/')
        .next()
        .is_some_and(|last| last.contains('.'));
    match found.or_else(|| if looks_like_file { None } else { page() }) {
        Some((name, bytes)) => with_headers(kind(name), cache(name), (*bytes).into_response()),
        None if FILES.is_empty() => with_headers(
            "text/html; charset=utf-8",
            "no-store",
            NOT_BUILT.into_response(),
        ),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn with_headers(kind: &'static str, cache: &'static str, mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    response
}

/// Vite puts a hash of the content into the names below `assets/`.
fn cache(name: &str) -> &'static str {
    if name.starts_with("/assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-store"
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest") => "application/json",
        _ => "application/octet-stream",
    }
}
