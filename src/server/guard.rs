//! Looks at every request before anything else does.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, HeaderMap, ORIGIN};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::connections::Connection;
use super::doorway::Doorway;
use super::listen::{Listen, host_name};
use super::token::Token;
use super::{Failure, body};

/// The header that carries the token; pictures and event streams carry it in their URL.
const TOKEN_HEADER: &str = "x-rails-token";

/// Who may ask.
pub(super) struct Guard {
    listen: Listen,
    pub token: Token,
    /// Until the page has been asked for.
    doorway: Mutex<Option<Doorway>>,
}

/// Whose request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    /// Somebody who was shown the URL.
    Owner,
    /// Anybody: what is asked for is the same for everybody.
    Anybody,
}

/// Lets a request through, its body read, or answers it.
pub(super) async fn guarded(
    State(guard): State<Arc<Guard>>,
    Extension(connection): Extension<Arc<Connection>>,
    request: Request,
    next: Next,
) -> Response {
    let is_page = request.uri().path() == "/";
    let request = match guard.check(request.method(), request.uri(), request.headers()) {
        Ok(Caller::Owner) => {
            connection.trust();
            if is_page {
                guard.close_doorway();
            }
            body::whole(request).await
        }
        Ok(Caller::Anybody) => Ok(request),
        Err(failure) => Err(failure),
    };
    match request {
        Ok(request) => next.run(request).await,
        // A person reads the answer to `/`, a script the others.
        Err(failure) if is_page => (failure.status, failure.message + "\n").into_response(),
        Err(failure) => failure.into_response(),
    }
}

impl Guard {
    pub fn new(listen: Listen, token: Token) -> Self {
        Self { listen, token, doorway: Mutex::default() }
    }

    /// Keeps `doorway` until the page has been asked for.
    pub fn put_doorway(&self, doorway: Doorway) {
        *self.doorway.lock().unwrap_or_else(PoisonError::into_inner) = Some(doorway);
    }

    fn close_doorway(&self) {
        self.doorway.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Caller, Failure> {
        let forbidden = |why: &str| Failure::new(StatusCode::FORBIDDEN, why);
        let host = single(headers, &HOST).ok().flatten().ok_or_else(|| forbidden("the request names no host"))?;
        let ours = |host: &str| host_name(host).is_some_and(|name| self.listen.serves(name));
        // A URL may name a host of its own, which then counts; both must be ours.
        if !ours(host) || uri.authority().is_some_and(|authority| !ours(authority.as_str())) {
            return Err(forbidden(
                "this server answers only under 127.0.0.1, localhost, [::1] or the address it was told to listen on",
            ));
        }
        let origin = single(headers, &ORIGIN).map_err(|()| forbidden("the request has several origins"))?;
        if origin.is_some_and(|origin| origin.strip_prefix("http://") != Some(host)) {
            return Err(forbidden("another page may not talk to this server"));
        }
        // The page and what lies under /ui/ are the same for everybody; the page brings the token of its tab itself. The
        // rest is for whoever was shown the URL.
        let given = given_token(uri, headers);
        let is_public = (uri.path() == "/" && given.is_none()) || uri.path().starts_with("/ui/");
        if is_public && *method == Method::GET {
            return Ok(Caller::Anybody);
        }
        if !given.is_some_and(|given| self.token.is(given)) {
            return Err(forbidden("the token is missing or wrong: open the URL that `rails` printed"));
        }
        let is_json = |kind: &str| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json");
        if method == Method::POST && !single(headers, &CONTENT_TYPE).ok().flatten().is_some_and(is_json) {
            return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a POST must be `application/json`"));
        }
        Ok(Caller::Owner)
    }
}

/// What the request says is the token.
fn given_token<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let in_header = headers.get(TOKEN_HEADER).map(|value| value.to_str().unwrap_or_default());
    let mut query = uri.query().unwrap_or_default().split('&');
    in_header.or_else(|| query.find_map(|pair| pair.strip_prefix("token=")))
}

/// The value of a header that may stand there once.
fn single<'a>(headers: &'a HeaderMap, name: &axum::http::HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &Method, path: &str, headers: &[(&str, &str)]) -> u16 {
        let token = Token::random().unwrap_or_else(|error| panic!("{error}"));
        let path = path.replace("TOKEN", token.as_str());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let value = value.replace("TOKEN", token.as_str());
            map.append(axum::http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        let guard = Guard::new(Listen::default(), token);
        guard.check(method, &path.parse().unwrap(), &map).map_or_else(|failure| failure.status.as_u16(), |_| 200)
    }

    const OURS: (&str, &str) = ("host", "localhost:8080");

    #[test]
    fn whoever_has_the_url_may_look() {
        assert_eq!(asked(&Method::GET, "/?token=TOKEN", &[OURS]), 200);
        assert_eq!(asked(&Method::GET, "/thumb/0?size=64&token=TOKEN", &[OURS]), 200);
        assert_eq!(asked(&Method::GET, "/api/state", &[OURS, ("x-rails-token", "TOKEN")]), 200);
        assert_eq!(asked(&Method::GET, "/ui/main.js", &[OURS]), 200);
        assert_eq!(asked(&Method::GET, "/", &[OURS]), 200, "a reload: the page has the token itself");
        for path in ["/api/state", "/thumb/0", "/image/0", "/?token=", "/?token=0", "/ui", "/api/state?xtoken=TOKEN"] {
            assert_eq!(asked(&Method::GET, path, &[OURS]), 403, "{path}");
        }
        for method in [Method::POST, Method::HEAD, Method::DELETE] {
            assert_eq!(asked(&method, "/", &[OURS]), 403, "{method}");
            assert_eq!(asked(&method, "/ui/main.js", &[OURS]), 403, "{method}");
        }
    }

    #[test]
    fn foreign_names_and_pages_are_refused() {
        let path = "/api/state?token=TOKEN";
        assert_eq!(asked(&Method::GET, path, &[]), 403, "no host");
        assert_eq!(asked(&Method::GET, path, &[OURS, OURS]), 403, "two hosts");
        assert_eq!(asked(&Method::GET, path, &[("host", "rebound.example:8080")]), 403);
        assert_eq!(asked(&Method::GET, "http://evil.example/api/state?token=TOKEN", &[OURS]), 403);
        assert_eq!(asked(&Method::GET, path, &[OURS, ("origin", "http://localhost:8080")]), 200);
        for origin in ["null", "http://localhost:9", "https://localhost:8080", "http://evil.example"] {
            assert_eq!(asked(&Method::GET, path, &[OURS, ("origin", origin)]), 403, "{origin}");
        }
    }

    #[test]
    fn a_form_of_another_page_is_no_json() {
        let path = "/api/decide?token=TOKEN";
        for (kind, status) in [
            ("application/json", 200),
            ("application/json; charset=utf-8", 200),
            ("text/plain", 415),
            ("application/x-www-form-urlencoded", 415),
            ("text/plain; application/json", 415),
        ] {
            assert_eq!(asked(&Method::POST, path, &[OURS, ("content-type", kind)]), status, "{kind}");
        }
        assert_eq!(asked(&Method::POST, path, &[OURS]), 415);
    }
}
