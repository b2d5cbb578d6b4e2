//! Looks at every request before anything else does.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, HeaderMap, ORIGIN};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Failure;
use super::listen::{Listen, host_name};
use super::token::Token;

/// The header that carries the token; pictures and event streams carry it in their URL.
const TOKEN_HEADER: &str = "x-rails-token";

/// Who may ask.
pub(super) struct Guard {
    pub listen: Listen,
    pub token: Token,
}

/// Lets a request through or answers it.
pub(super) async fn guarded(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    match guard.check(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        // A person reads the answer to `/`, a script the others.
        Err(failure) if request.uri().path() == "/" => (failure.status, failure.message + "\n").into_response(),
        Err(failure) => failure.into_response(),
    }
}

impl Guard {
    fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Failure> {
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
        // What lies under /ui/ is the same for everybody; the rest is for whoever was shown the URL.
        if !uri.path().starts_with("/ui/") && !self.has_token(uri, headers) {
            return Err(forbidden("the token is missing or wrong: open the URL that `rails` printed"));
        }
        let is_json = |kind: &str| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json");
        if method == Method::POST && !single(headers, &CONTENT_TYPE).ok().flatten().is_some_and(is_json) {
            return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a POST must be `application/json`"));
        }
        Ok(())
    }

    fn has_token(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let in_header = headers.get(TOKEN_HEADER).and_then(|value| value.to_str().ok());
        let mut query = uri.query().unwrap_or_default().split('&');
        let in_query = query.find_map(|pair| pair.strip_prefix("token="));
        in_header.or(in_query).is_some_and(|given| self.token.is(given))
    }
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
        let guard = Guard { listen: Listen::default(), token };
        guard.check(method, &path.parse().unwrap(), &map).map_or_else(|failure| failure.status.as_u16(), |()| 200)
    }

    const OURS: (&str, &str) = ("host", "localhost:8080");

    #[test]
    fn whoever_has_the_url_may_look() {
        assert_eq!(asked(&Method::GET, "/?token=TOKEN", &[OURS]), 200);
        assert_eq!(asked(&Method::GET, "/thumb/0?size=64&token=TOKEN", &[OURS]), 200);
        assert_eq!(asked(&Method::GET, "/api/state", &[OURS, ("x-rails-token", "TOKEN")]), 200);
        assert_eq!(asked(&Method::GET, "/ui/main.js", &[OURS]), 200);
        for path in ["/", "/api/state", "/thumb/0", "/image/0", "/?token=", "/?token=0", "/ui", "/?xtoken=TOKEN"] {
            assert_eq!(asked(&Method::GET, path, &[OURS]), 403, "{path}");
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
