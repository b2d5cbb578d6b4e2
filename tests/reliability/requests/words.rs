//! Words of hostile requests, and the two servers they are said to. PORT and TOKEN stand for the server's own.

/// A server and what can be asked of it.
pub struct Page {
    /// What its owner asks to see how things stand.
    pub owner: &'static str,
    /// In answers for the owner alone.
    pub private: &'static str,
    pub paths: &'static [&'static str],
    pub bodies: &'static [&'static str],
    /// Requests of the page itself; VERSION stands for that of the log.
    pub honest: &'static [(&'static str, &'static str)],
}

/// `rails curate`.
pub const REVIEW: Page = Page {
    owner: "/api/state",
    private: "\"version\"",
    paths: &REVIEW_PATHS,
    bodies: &REVIEW_BODIES,
    honest: &[
        (
            "/api/decide",
            r#"{"decisions":[{"decision":"move","images":["noise_0.pgm"],"class":"rings"}],"version":VERSION}"#,
        ),
        ("/api/decide", r#"{"decisions":[{"decision":"name_cluster","cluster":1,"class":"x"}],"version":VERSION}"#),
        ("/api/decide", r#"{"decisions":[{"decision":"merge_clusters","clusters":[0,1]}],"version":VERSION}"#),
        (
            "/api/decide",
            r#"{"decisions":[{"decision":"split_cluster","cluster":0,"into":{"7":["noise_0.pgm"]}}],"version":VERSION}"#,
        ),
        (
            "/api/decide",
            r#"{"decisions":[{"decision":"remove","images":["noise_1.pgm"],"reason":"dark"}],"version":VERSION}"#,
        ),
        ("/api/undo", r#"{"version":VERSION}"#),
        ("/api/redo", r#"{"version":VERSION}"#),
        ("/api/export", r#"{"format":"csv"}"#),
        ("/api/split", r#"{"cluster":0,"parts":2}"#),
        ("/api/similar", r#"{"rows":[0,1],"n":3}"#),
    ],
};

/// `rails explore`.
pub const EXPLORE: Page = Page {
    owner: "/api/settings",
    private: "most_slices",
    paths: &EXPLORE_PATHS,
    bodies: &EXPLORE_BODIES,
    honest: &[
        ("/api/overlay", r#"{"slices":4,"k":2,"statistics":["std"],"opacity":0.2}"#),
        ("/api/save", r#"{"name":"mine","settings":{"slices":4,"k":2,"statistics":["std","mean"],"opacity":0.2}}"#),
    ],
};

const EXPLORE_PATHS: [&str; 20] = [
    "/",
    "/api/settings",
    "/api/overlay",
    "/api/save",
    "/image/0",
    "/image/18446744073709551615",
    "/image/-1",
    "/image/..%2f..%2fetc%2fpasswd",
    "/image//etc/passwd",
    "/ui/explore.js",
    "/ui/../../../../etc/passwd",
    "/ui/..%5c..%5cetc%5cpasswd",
    "/ui/%00",
    "/ui/explore.js%00.css",
    "/ui",
    "/%ff%fe",
    "//",
    "/api//settings",
    "*",
    "http://evil.example/api/settings",
];
const EXPLORE_BODIES: [&str; 8] = [
    "",
    "{}",
    "[]",
    "null",
    "{\"slices\":4294967295,\"k\":18446744073709551615,\"statistics\":[],\"opacity\":1e999}",
    "{\"name\":\"../../x\",\"settings\":{\"slices\":4,\"k\":2,\"statistics\":[\"std\"],\"opacity\":0.2}}",
    "{\"name\":\"/tmp/rails-escaped\",\"settings\":{\"slices\":4,\"k\":2,\"statistics\":[\"std\"],\"opacity\":0.2}}",
    "ffffffffffffffff\r\n{}\r\n0\r\n\r\n",
];
pub const METHODS: [&str; 12] =
    ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "GE T", "PRI"];
const REVIEW_PATHS: [&str; 30] = [
    "/",
    "/api/state",
    "/api/images",
    "/api/decide",
    "/api/undo",
    "/api/redo",
    "/api/export",
    "/api/split",
    "/api/similar",
    "/api/next?n=99999999999999999999",
    "/api/next?n=-1",
    "/api/image/0",
    "/api/image/18446744073709551615",
    "/api/image/../../run.json",
    "/thumb/00000000000000000000000000000000?size=128",
    "/thumb/..%2f..%2f..%2fetc%2fpasswd",
    "/image/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/image//etc/passwd",
    "/ui/../../../../etc/passwd",
    "/ui/..%5c..%5cetc%5cpasswd",
    "/ui/%00",
    "/ui/main.js%00.css",
    "/ui/token.js",
    "/ui",
    "/%ff%fe",
    "//",
    "/api//state",
    "/api/state/",
    "*",
    "http://evil.example/api/state",
];
pub const QUERIES: [&str; 8] = [
    "",
    "?token=",
    "?token=TOKENX",
    "?token=0123456789abcdef0123456789abcdef",
    "?xtoken=TOKEN",
    "?Token=TOKEN",
    "?token=%00&token=TOKEN",
    "?token=TOKEN",
];
pub const HOSTS: [&str; 12] = [
    "127.0.0.1:PORT",
    "localhost:PORT",
    "LOCALHOST",
    "[::1]:PORT",
    "evil.example",
    "127.0.0.1.evil.example:PORT",
    "127.0.0.1:PORT@evil.example",
    "127.0.0.1:99999",
    "0x7f.1",
    "2130706433",
    "",
    "127.0.0.1:PORT, evil.example",
];
pub const HEADERS: [&str; 22] = [
    "X-Rails-Token: TOKEN",
    "X-Rails-Token: wrong",
    "X-Rails-Token: \u{fe}\u{ff}",
    "Origin: http://127.0.0.1:PORT",
    "Origin: http://evil.example",
    "Origin: null",
    "Origin: https://127.0.0.1:PORT",
    "Host: evil.example",
    "Content-Type: application/json",
    "Content-Type: text/plain",
    "Content-Type: application/json-not",
    "Content-Length: 18446744073709551616",
    "Content-Length: -1",
    "Content-Length: 0",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Expect: 100-continue",
    "Upgrade: h2c",
    "X-Forwarded-Host: other.example",
    "Range: bytes=0-18446744073709551615",
    "Cookie: rails-token=TOKEN",
    " folded: line",
];
const REVIEW_BODIES: [&str; 12] = [
    "",
    "{}",
    "[]",
    "null",
    "{\"decisions\":[],\"version\":0}",
    "{\"decisions\":[{\"decision\":\"remove\",\"images\":[\"../../etc/passwd\"],\"reason\":\"x\"}],\"version\":0}",
    "{\"decisions\":[{\"decision\":\"undo\",\"of\":18446744073709551615}],\"version\":0}",
    "{\"decisions\":[{\"decision\":\"name_cluster\",\"cluster\":4294967295,\"class\":\"\\u0000\"}],\"version\":0}",
    "{\"cluster\":4294967295,\"parts\":18446744073709551615}",
    "{\"rows\":[18446744073709551615],\"n\":18446744073709551615}",
    "{\"format\":\"../../x\"}",
    "ffffffffffffffff\r\n{}\r\n0\r\n\r\n",
];
