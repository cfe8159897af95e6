//! The network of WASIX guests: none, unless they are given one, or some of it.

use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::time::Duration;

use preopen::engine::Network;

use super::guest::Guest;

const EPERM: &str = "exit 63";

/// An address at 256: of version 4, with the port as the guest's processor has it.
fn address(port: u16) -> String {
    let [low, high] = port.to_le_bytes();
    format!(r#"(data (i32.const 256) "\01\00\{low:02x}\{high:02x}\7f\00\00\01")"#)
}

/// Connects, sends `ping`, and says what comes back. Exits with the errno of the connection.
fn client(port: u16) -> Guest {
    Guest::new(&format!(
        r#"{} (data (i32.const 512) "ping")
        (func (export "_start") (local $errno i32)
          (call $ok (call $sock_open (i32.const 1) (i32.const 1) (i32.const 6) (i32.const 64)) (i32.const 97))
          (if (local.tee $errno (call $sock_connect (i32.load (i32.const 64)) (i32.const 256)))
            (then (call $exit (local.get $errno))))
          (i32.store (i32.const 0) (i32.const 512)) (i32.store (i32.const 4) (i32.const 4))
          (call $ok
            (call $sock_send (i32.load (i32.const 64)) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 8))
            (i32.const 98))
          (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 64))
          (call $ok
            (call $sock_recv (i32.load (i32.const 64)) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 8)
              (i32.const 12))
            (i32.const 99))
          (call $say (i32.const 1024) (i32.load (i32.const 8))))"#,
        address(port)
    ))
}

/// Listens, says so, takes a connection, and says what it receives. Exits with the errno of listening.
fn server(port: u16) -> Guest {
    Guest::new(&format!(
        r#"{} (data (i32.const 512) "ready\n")
        (func (export "_start") (local $errno i32)
          (call $ok (call $sock_open (i32.const 1) (i32.const 1) (i32.const 6) (i32.const 64)) (i32.const 97))
          (if (local.tee $errno (call $sock_bind (i32.load (i32.const 64)) (i32.const 256)))
            (then (call $exit (local.get $errno))))
          (if (local.tee $errno (call $sock_listen (i32.load (i32.const 64)) (i32.const 8)))
            (then (call $exit (local.get $errno))))
          (call $say (i32.const 512) (i32.const 6))
          (call $ok
            (call $sock_accept (i32.load (i32.const 64)) (i32.const 0) (i32.const 68) (i32.const 128)) (i32.const 98))
          (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 64))
          (call $ok
            (call $sock_recv (i32.load (i32.const 68)) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 8)
              (i32.const 12))
            (i32.const 99))
          (call $say (i32.const 1024) (i32.load (i32.const 8))))"#,
        address(port)
    ))
}

/// Answers one connection that says `ping`.
fn echo() -> (u16, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut heard = [0; 4];
        socket.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"ping");
        socket.write_all(b"pong").unwrap();
    });
    (port, thread)
}

/// A port where nobody is.
fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn there_is_none_by_default() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert_ne!(client(port).run().ending(), "exit 0");
    assert_ne!(server(free()).run().ending(), "exit 0");
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody has connected");
}

#[test]
fn the_whole_network_is_the_hosts() {
    let (port, answers) = echo();
    assert_eq!(client(port).network(&["*"]).says(), "pong");
    answers.join().unwrap();
}

#[test]
fn what_is_allowed_is_reached_and_nothing_else() {
    let (port, answers) = echo();
    let allowed = [format!("127.0.0.1:{port}")];
    assert_eq!(client(port).network(&[&allowed[0]]).says(), "pong");
    answers.join().unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for other in ["127.0.0.1:1".to_owned(), format!("127.0.0.2:{port}"), format!("localhost:{port}")] {
        assert_eq!(client(port).network(&[&other]).run().ending(), EPERM, "{other}");
    }
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody has connected");
}

#[test]
fn a_guest_listens_where_it_may() {
    let port = free();
    let running = server(port).network(&[&format!("127.0.0.1:{port}")]).start();
    running.until_it_speaks();
    std::net::TcpStream::connect(("127.0.0.1", port)).unwrap().write_all(b"hello").unwrap();
    let done = running.wait();
    assert_eq!((done.ending().as_str(), done.stdout.as_str()), ("exit 0", "ready\nhello"));
    assert_eq!(server(free()).network(&["127.0.0.1:1"]).run().ending(), EPERM);
}

#[test]
fn a_guest_that_waits_for_a_connection_is_stopped() {
    let port = free();
    let (done, took) = server(port).network(&["*"]).start().kill();
    assert_eq!(done.ending(), "stopped Killed");
    assert!(took < Duration::from_millis(1500), "{took:?}");
}

#[test]
fn datagrams_go_where_they_may() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    receiver.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let port = receiver.local_addr().unwrap().port();
    let sends = |allowed: &str| {
        Guest::new(&format!(
            r#"{} (data (i32.const 512) "datagram") (data (i32.const 300) "\01\00\00\00\7f\00\00\01")
            (func (export "_start")
              (call $ok (call $sock_open (i32.const 1) (i32.const 2) (i32.const 17) (i32.const 64)) (i32.const 97))
              (call $ok (call $sock_bind (i32.load (i32.const 64)) (i32.const 300)) (i32.const 98))
              (i32.store (i32.const 0) (i32.const 512)) (i32.store (i32.const 4) (i32.const 8))
              (call $ok
                (call $sock_send_to (i32.load (i32.const 64)) (i32.const 0) (i32.const 1) (i32.const 0)
                  (i32.const 256) (i32.const 8))
                (i32.const 99)))"#,
            address(port)
        ))
        .network(&[allowed])
    };
    assert_ne!(sends("127.0.0.1:1").run().ending(), "exit 0");
    assert_eq!(sends(&format!("127.0.0.1:{port}")).run().ending(), "exit 0");
    let mut heard = [0; 16];
    assert_eq!(receiver.recv(&mut heard).unwrap(), 8);
    assert_eq!(&heard[..8], b"datagram");
}

#[test]
fn a_name_is_asked_for_where_it_may_be() {
    let resolves = |allowed: &str| {
        Guest::new(
            r#"(data (i32.const 256) "localhost")
            (func (export "_start") (local $errno i32)
              (if (local.tee $errno
                    (call $resolve (i32.const 256) (i32.const 9) (i32.const 80) (i32.const 1024) (i32.const 8)
                      (i32.const 8)))
                (then (call $exit (local.get $errno))))
              (if (i32.eqz (i32.load (i32.const 8))) (then (call $exit (i32.const 1)))))"#,
        )
        .network(&[allowed])
        .run()
        .ending()
    };
    assert_eq!(resolves("localhost:80"), "exit 0");
    assert_eq!(resolves("LocalHost.:*"), "exit 0");
    assert_ne!(resolves("example.com:80"), "exit 0");
    assert_ne!(resolves("127.0.0.1:80"), "exit 0");
}

#[test]
fn rules_are_read_and_what_is_none_is_named() {
    let none: Option<&[&str]> = None;
    assert_eq!(Network::parse(none), Ok(Network::None));
    assert_eq!(Network::parse::<&str>(Some(&[])), Ok(Network::None));
    assert_eq!(Network::parse(Some(&["*"])), Ok(Network::All));
    for good in ["1.2.3.4:80", "[::1]:*", "*:53", "example.com:443", "a-b.c_d:1"] {
        assert!(matches!(Network::parse(Some(&[good])), Ok(Network::Allow(_))), "{good}");
    }
    let rest = ": what is allowed is written as HOST:PORT, and each may be *";
    let bad = [
        ("example.com", "has no port"),
        ("", "has no port"),
        (":80", "has no host"),
        ("1.2.3.4:", "has a port that is no number"),
        ("1.2.3.4:http", "has a port that is no number"),
        ("1.2.3.4:+80", "has a port that is no number"),
        ("1.2.3.4:65536", "has a port above 65535"),
        ("1.2.3.4:0", "has port 0, which is none"),
        ("::1:80", "has an address of version 6 without brackets"),
        ("[1.2.3.4]:80", "has no address of version 6 in its brackets"),
        ("1.2.3:80", "has a host that is no name"),
        ("http://a:80", "has an address of version 6 without brackets"),
        ("a b:80", "has a host that is no name"),
    ];
    for (rule, why) in bad {
        let error = Network::parse(Some(&[rule])).unwrap_err();
        assert_eq!(error.to_string(), format!("{rule:?} {why}{rest}"));
    }
}
