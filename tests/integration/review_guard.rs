//! The review page belongs to whoever was shown its URL, and to nobody else.

use crate::served::Served;
use crate::workplace::Workplace;

#[test]
fn a_hostile_page_gets_nothing() {
    let place = Workplace::trained("guard");
    let served = Served::start(&place, &place.newest("cluster"));
    let (port, token) = (served.port, served.token.clone());
    let ask = |head: &str| served.raw(&head.replace("PORT", &port.to_string()).replace("TOKEN", &token), b"{}");

    let page = ask("GET /?token=TOKEN HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n").with(200);
    for header in ["default-src 'none'", "frame-ancestors 'none'", "no-referrer", "nosniff", "text/html"] {
        assert!(page.headers.contains(header), "{header} in {}", page.headers);
    }
    assert!(!page.headers.contains("access-control"), "{}", page.headers);
    // Through a forwarded port the page has another one.
    ask("GET /?token=TOKEN HTTP/1.1\r\nHost: localhost:9999\r\n").with(200);

    for (what, head, status) in [
        ("no token", "GET /api/state HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n", 403),
        ("a guess", "GET /?token=0123456789abcdef0123456789abcdef HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n", 403),
        ("no token for images", "GET /thumb/00 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n", 403),
        ("a rebound name", "GET /?token=TOKEN HTTP/1.1\r\nHost: evil.example:PORT\r\n", 403),
        ("no host", "GET /?token=TOKEN HTTP/1.1\r\nAccept: */*\r\n", 403),
        (
            "another origin",
            "POST /api/undo?token=TOKEN HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:1\r\n\
             Content-Type: application/json\r\n",
            403,
        ),
        ("a form", "POST /api/undo?token=TOKEN HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Type: text/plain\r\n", 415),
        ("a preflight", "OPTIONS /api/decide?token=TOKEN HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n", 405),
        ("another method", "DELETE /api/state?token=TOKEN HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n", 405),
    ] {
        let answer = ask(head).with(status);
        assert!(!answer.text().contains(&token), "{what}: {}", answer.text());
    }
}

#[test]
fn no_path_leads_out_of_the_page() {
    let place = Workplace::trained("guard");
    let served = Served::start(&place, &place.newest("cluster"));
    for path in [
        "/ui/../../etc/passwd",
        "/ui/..%2f..%2fetc%2fpasswd",
        "/ui/%2e%2e/%2e%2e/etc/passwd",
        "/ui//etc/passwd",
        "/ui/../Cargo.toml",
        "/thumb/../../etc/passwd",
        "/thumb/..%2f..%2fetc%2fpasswd",
        "/thumb/brick_1,1.png",
        "/image/%2fetc%2fpasswd",
        "/image/00000000000000000000000000000000",
        "/api/image/../state/..",
        "/api/image/60",
        "/api/image/-1",
        "/nothing",
    ] {
        let answer = served.get(path);
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        assert!(!answer.text().contains("root:"), "{path}");
    }
    served.get("/thumb/00?size=8000").with(422);
    served.get("/api/next?n=-1").with(422);
}

#[test]
fn it_listens_to_this_machine_alone() {
    let place = Workplace::trained("guard");
    let run = place.newest("cluster");
    place.rails(&["curate", &run, "--listen", "203.0.113.7"]).with(1).saying(&["203.0.113.7", "hint: "]);
    place.rails(&["curate", &run, "--listen", "everywhere"]).with(2);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    place.rails(&["curate", &run, "--port", &port]).with(1).saying(&[&port, "another program listens there"]);
}
