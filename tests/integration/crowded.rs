//! Callers who only keep a server waiting do not shut its owner out.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::review::fresh;
use crate::served::Served;

/// Many connections, each of which says `words` and then nothing.
fn crowd(served: &Served, words: &str) -> Vec<TcpStream> {
    let words = words.replace("PORT", &served.port.to_string());
    let connect = |_| {
        let mut stream = TcpStream::connect(("127.0.0.1", served.port)).unwrap();
        // It may have been hung up on already.
        let _ = stream.write_all(words.as_bytes());
        stream
    };
    (0..200).map(connect).collect()
}

/// How many of them the server still keeps open.
fn kept(crowd: &[TcpStream]) -> usize {
    let is_open = |mut stream: &TcpStream| {
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let nothing_yet = |error: std::io::Error| {
            matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
        };
        stream.read(&mut [0]).is_err_and(nothing_yet)
    };
    crowd.iter().filter(|stream| is_open(stream)).count()
}

#[test]
fn two_hundred_who_wait_are_in_nobodys_way() {
    // With fewer files than there are callers the system would refuse the owner.
    for files in [1024, 128] {
        let (place, run) = fresh("crowded");
        let served = Served::start_after(&place, &run, &format!("ulimit -S -n {files}"));
        let mut events = served.events();
        assert_eq!(events.next().unwrap()["version"], 0);
        let id = served.get("/api/images").with(200).json()["images"]["id"][0].clone();
        let mut crowds = Vec::new();
        for (version, words) in [
            "",
            "GET /?token=",
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX-Waiting: ",
            "GET /ui/main.js HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
            "POST /api/decide HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
        ]
        .into_iter()
        .enumerate()
        {
            crowds.push(crowd(&served, words));
            let removed = json!({ "decision": "remove", "images": [id], "reason": format!("reason {version}") });
            assert_eq!(served.decide(&[removed]).with(200).json()["version"], version + 1, "after 200 × {words:?}");
            // The page that was open before them is still told of everything.
            assert!(events.any(|event| event["version"] == version + 1), "after 200 × {words:?}");
        }
        let kept: usize = crowds.iter().map(|crowd| kept(crowd)).sum();
        assert!(kept < 128, "{kept} of {} are still connected", crowds.len() * 200);
        assert_eq!(served.interrupt(), Some(0), "nor do they keep it from ending");
    }
}

#[test]
fn a_request_that_stops_in_the_middle_is_let_go() {
    let (place, run) = fresh("crowded");
    let served = Served::start(&place, &run);
    let (port, token) = (served.port, &served.token);
    let post = |length: usize, body: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
        let head = format!(
            "POST /api/decide HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Rails-Token: {token}\r\nContent-Type: \
             application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = post(100, "{\"decisions\"");
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("did not come"), "{answer}");
    let answer = post(1 << 40, "");
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("64 MiB"), "{answer}");
    // Nor does one that never ends its first line hear anything.
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
    stream.write_all(b"GET /").unwrap();
    assert_eq!(stream.read(&mut [0; 64]).unwrap(), 0);
    assert_eq!(served.state()["version"], 0);
}
