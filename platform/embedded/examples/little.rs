//! A program for the runtime's tests: a service as small as one can be, the keeper, and a parent to be killed.
#![expect(clippy::unwrap_used, reason = "what it is tested with fails by panicking")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::ExitCode;

use tenantry_embedded::supervise;

#[path = "../tests/support/world.rs"]
#[expect(dead_code, reason = "the tests use the rest of it")]
mod support;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let word = args.next().unwrap_or_default();
    match word.to_str() {
        Some("supervise") => supervise::main(args),
        Some("service") => serve(),
        Some("parent") => parent(Path::new(&args.next().expect("a data directory"))),
        _ => ExitCode::FAILURE,
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::vars().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn serve() -> ExitCode {
    if let Some(words) = variable("LITTLE_FAILS") {
        eprintln!("{words} {}", variable("TENANTRY_SERVICE_TOKEN").unwrap_or_default());
        return ExitCode::from(7);
    }
    let port: u16 = variable("PORT").expect("a port").parse().expect("a port");
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
    println!("process {} listens", std::process::id());
    for stream in listener.incoming().flatten() {
        // A probe may go away at any time.
        let _ = answer(stream);
    }
    ExitCode::SUCCESS
}

fn answer(stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    if path == "/crash" {
        std::process::exit(3);
    }
    let mut body = format!("pid={}\n", std::process::id());
    for (name, value) in std::env::vars() {
        body.extend([name.as_str(), "=", value.as_str(), "\n"]);
    }
    write!(reader.get_mut(), "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

/// Starts services, says where they are, and waits to be killed.
#[tokio::main]
async fn parent(dir: &Path) -> ExitCode {
    let program = std::env::current_exe().expect("this program");
    let world = support::World::open(dir, &program);
    for service in ["shop", "stubborn"] {
        let resource = world.service(service, 1);
        world.until_ready(&resource).await;
        println!("{}", world.pid(service).await.expect("it has just been ready"));
    }
    println!("up");
    std::future::pending().await
}
