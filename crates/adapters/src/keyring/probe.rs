//! Asks an account's API whether its key is good, by `curl`. The key goes to it on its standard input: never into its arguments, a file or
//! a log.

use super::Secret;
use crate::{
    curl::{complaint, is_safe, quoted, run},
    failure::io_failure,
};
use orchestron_engine::ports::{KeyProbe, PortError, PortErrorKind, PortResult};

/// How long the answer may take, in seconds.
const PATIENCE_S: u32 = 20;

/// The status of the answer.
pub(super) fn ask(probe: &KeyProbe, key: &Secret) -> PortResult<u16> {
    must_be_safe(&probe.url)?;
    let answer = run(&told(probe, key)).map_err(|error| PortError {
        cure: Some("Install curl, then test again.".to_owned()),
        ..io_failure("cannot start", "curl", &error)
    })?;
    let status = String::from_utf8_lossy(&answer.stdout);
    match status.trim().parse() {
        Ok(status) if answer.status.success() => Ok(status),
        _ => Err(unreached(probe, complaint(&answer.stderr))),
    }
}

/// What curl is told.
fn told(probe: &KeyProbe, key: &Secret) -> String {
    let nothing = if cfg!(windows) { "NUL" } else { "/dev/null" };
    let (header, prefix) = (probe.header, probe.prefix);
    let mut lines = vec![
        format!("url = {}", quoted(&probe.url)),
        format!(
            "header = {}",
            quoted(&format!("{header}: {prefix}{}", key.expose()))
        ),
        "silent\nshow-error\nproto = \"=http,https\"".to_owned(),
        format!("max-time = {PATIENCE_S}\noutput = \"{nothing}\""),
        "write-out = \"%{http_code}\"".to_owned(),
    ];
    if let Some((name, value)) = probe.also {
        lines.push(format!("header = {}", quoted(&format!("{name}: {value}"))));
    }
    lines.join("\n") + "\n"
}

/// A key goes nowhere where others could read it on the way.
fn must_be_safe(url: &str) -> PortResult<()> {
    if is_safe(url) {
        return Ok(());
    }
    Err(PortError {
        doing: "cannot ask",
        what: url.chars().take(200).collect(),
        said: "the key would go over the network unencrypted".to_owned(),
        cure: Some("Give the agent a base_url that begins with https://".to_owned()),
        kind: PortErrorKind::Other,
    })
}

fn unreached(probe: &KeyProbe, said: String) -> PortError {
    PortError {
        doing: "cannot reach",
        what: probe.url.clone(),
        said,
        cure: Some(
            "Is this machine online, and is there a proxy to be named in HTTPS_PROXY?".to_owned(),
        ),
        kind: PortErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyProbe, Secret, ask, told};
    use std::{
        io::{Read, Write},
        net::TcpListener,
        thread,
    };

    fn probe(url: String) -> KeyProbe {
        KeyProbe {
            url,
            header: "x-api-key",
            prefix: "",
            also: Some(("anthropic-version", "2023-06-01")),
        }
    }

    /// Answers one request with a status; tells what was asked.
    fn answers(status: &'static str) -> (String, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1/models", listener.local_addr().unwrap());
        let asked = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 1024];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                let read = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..read]);
            }
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n{{}}");
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(request).unwrap()
        });
        (url, asked)
    }

    #[test]
    fn the_key_is_sent_in_its_header_and_the_status_comes_back() {
        let key = Secret::new("sk-\"quoted\\\"");
        for (status, expected) in [("200 OK", 200), ("401 Unauthorized", 401)] {
            let (url, asked) = answers(status);
            assert_eq!(ask(&probe(url), &key).unwrap(), expected);
            let asked = asked.join().unwrap();
            assert!(asked.starts_with("GET /v1/models HTTP/1.1\r\n"), "{asked}");
            assert!(asked.contains("x-api-key: sk-\"quoted\\\"\r\n"), "{asked}");
            assert!(asked.contains("anthropic-version: 2023-06-01\r\n"));
        }
    }

    #[test]
    fn a_key_never_goes_over_the_network_unencrypted() {
        let key = Secret::new("sk-1");
        for url in [
            "http://api.example.com/v1",
            "http://127.0.0.1.example.com/",
            "http://localhost@example.com/",
            "file:///etc/passwd",
            "https://example.com/\nheader = x",
        ] {
            let said = ask(&probe(url.to_owned()), &key).unwrap_err().to_string();
            assert!(
                said.contains("unencrypted") && !said.contains("sk-1"),
                "{said}"
            );
        }
    }

    #[test]
    fn what_is_not_there_is_told_without_the_key() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let said = ask(&probe(url), &Secret::new("sk-secret")).unwrap_err();
        assert_eq!(said.doing, "cannot reach");
        assert!(!said.to_string().contains("sk-secret"));
    }

    #[test]
    fn nothing_of_what_is_told_can_become_another_option() {
        let told = told(&probe("https://a/\"x".into()), &Secret::new("k"));
        assert!(told.contains("url = \"https://a/\\\"x\"\n"), "{told}");
    }
}
