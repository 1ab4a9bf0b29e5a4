//! Asking the network, by `curl`, which macOS and Windows bring along and Linux offers; without it the error says so. There is no TLS of
//! our own. What it is told goes to it on its standard input, never into its arguments, and the person's own `.curlrc` is not read: it may
//! say to write down what is sent.

use std::{
    io::{self, Read, Write},
    process::{Child, Command, Output, Stdio},
    thread,
};
use thiserror::Error;

/// Addresses that may be asked without encryption: this machine.
const OURS: [&str; 3] = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
/// How often an answer may lead elsewhere.
const REDIRECTS: u32 = 5;
/// Longest text of curl's own that is repeated.
const SAID_CHARS: usize = 300;
/// What is read at once.
const PART_BYTES: usize = 64 * 1024;

/// Why something was not fetched.
#[derive(Debug, Error)]
pub enum FetchError {
    /// It would come or go unencrypted, or the address is none.
    #[error("the address is not one that begins with https://")]
    NotSafe,
    /// curl cannot be started.
    #[error("curl cannot be started: {0}")]
    NoCurl(#[source] io::Error),
    /// Nobody answers, or not with this.
    #[error("{0}")]
    Unreached(String),
    /// It is longer than it may be.
    #[error("it is longer than {0} bytes")]
    TooLong(u64),
    /// What came cannot be kept.
    #[error("what came cannot be kept: {0}")]
    NotKept(#[source] io::Error),
}

/// Whether what is sent to and comes from this address cannot be seen or changed on its way.
#[must_use]
pub fn is_safe(url: &str) -> bool {
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic()) && !url.contains('@');
    plain && (url.starts_with("https://") || is_ours(url))
}

/// Whether it is an address of this machine.
fn is_ours(url: &str) -> bool {
    OURS.iter().any(|ours| {
        let rest = url.strip_prefix(ours);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    })
}

/// A value as curl's configuration reads it.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Tells curl what to do, and waits for it.
pub(crate) fn run(told: &str) -> io::Result<Output> {
    start(told)?.wait_with_output()
}

fn start(told: &str) -> io::Result<Child> {
    let mut child = Command::new("curl")
        .args(["-q", "--config", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // Should it end at once, its own words say why.
        match stdin.write_all(told.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    Ok(child)
}

/// What curl complains of, in a line.
pub(crate) fn complaint(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let said = said.trim();
    let said = said.strip_prefix("curl: ").unwrap_or(said);
    said.chars().take(SAID_CHARS).collect()
}

/// Hands what lies at an address on, part by part. Who is asked learns nothing of who asks. An answer may lead elsewhere, but not to where
/// it would be unencrypted.
///
/// # Errors
/// When the address is not safe, nobody answers with it, it is longer than `limit` bytes, or `part` cannot take it.
pub fn fetch(
    url: &str,
    limit: u64,
    patience_s: u32,
    mut part: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<u64, FetchError> {
    if !is_safe(url) {
        return Err(FetchError::NotSafe);
    }
    let first = if is_ours(url) {
        "=http,https"
    } else {
        "=https"
    };
    let told = format!(
        "url = {}\nproto = \"{first}\"\nproto-redir = \"=https\"\nlocation\nmax-redirs = {REDIRECTS}\nmax-time = {patience_s}\n\
         user-agent = \"orchestron\"\nsilent\nshow-error\nfail\n",
        quoted(url)
    );
    let mut child = start(&told).map_err(FetchError::NoCurl)?;
    let mut complaints = child.stderr.take();
    // Both of its outputs are read at once, so that neither fills up.
    let complaining = thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(output) = &mut complaints {
            output.read_to_end(&mut said)?;
        }
        io::Result::Ok(said)
    });
    let taken = take(&mut child, limit, &mut part);
    if taken.is_err() {
        // It may have more to give than anybody takes.
        child.kill().map_err(FetchError::NotKept)?;
    }
    let ended = child.wait().map_err(FetchError::NotKept)?;
    let bytes = taken?;
    if ended.success() {
        return Ok(bytes);
    }
    let said = complaining
        .join()
        .unwrap_or_else(|_| Ok(Vec::new()))
        .map_err(FetchError::NotKept)?;
    Err(FetchError::Unreached(complaint(&said)))
}

fn take(
    child: &mut Child,
    limit: u64,
    part: &mut impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<u64, FetchError> {
    let Some(output) = &mut child.stdout else {
        return Ok(0);
    };
    let (mut bytes, mut buffer) = (0, vec![0; PART_BYTES]);
    loop {
        let read = output.read(&mut buffer).map_err(FetchError::NotKept)?;
        if read == 0 {
            return Ok(bytes);
        }
        bytes += read as u64;
        if bytes > limit {
            return Err(FetchError::TooLong(limit));
        }
        part(&buffer[..read]).map_err(FetchError::NotKept)?;
    }
}

#[cfg(test)]
mod tests {
    use super::{FetchError, fetch, is_safe, quoted};
    use std::{
        io::{Read, Write},
        net::TcpListener,
        thread,
    };

    /// Answers one request with this.
    fn answers(answer: String) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/latest.json", listener.local_addr().unwrap());
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 1024];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                let read = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..read]);
            }
            // Whoever hears enough hangs up.
            stream.write_all(answer.as_bytes()).ok();
        });
        url
    }

    fn fetched(url: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        let mut all = Vec::new();
        let bytes = fetch(url, limit, 10, |part| {
            all.extend_from_slice(part);
            Ok(())
        })?;
        assert_eq!(bytes, all.len() as u64);
        Ok(all)
    }

    #[test]
    fn what_lies_there_comes_whole_or_not_at_all() {
        let body = "x".repeat(100_000);
        // Without its length: nobody can know beforehand that it is too long.
        let answer = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{body}");
        assert_eq!(
            fetched(&answers(answer.clone()), 100_000).unwrap().len(),
            100_000
        );
        let refused = fetched(&answers(answer), 99_999).unwrap_err();
        assert!(matches!(refused, FetchError::TooLong(99_999)), "{refused}");
        let cut = format!("HTTP/1.1 200 OK\r\ncontent-length: 100001\r\n\r\n{body}");
        let refused = fetched(&answers(cut), 1_000_000).unwrap_err();
        assert!(matches!(refused, FetchError::Unreached(_)), "{refused}");
        let missing = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned();
        let refused = fetched(&answers(missing), 100).unwrap_err();
        assert!(refused.to_string().contains("404"), "{refused}");
    }

    #[test]
    fn nobody_is_led_to_where_others_read_and_write_along() {
        let answer =
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/x\r\ncontent-length: 0\r\n\r\n";
        let refused = fetched(&answers(answer.to_owned()), 100).unwrap_err();
        assert!(matches!(refused, FetchError::Unreached(_)), "{refused}");
        for url in [
            "http://example.com/latest.json",
            "file:///etc/passwd",
            "http://127.0.0.1.example.com/",
            "https://a@b/",
            "https://a/\nurl = x",
            "",
        ] {
            assert!(!is_safe(url), "{url}");
            assert!(matches!(fetched(url, 100), Err(FetchError::NotSafe)));
        }
        assert!(is_safe("https://example.com/x") && is_safe("http://[::1]:80/"));
    }

    #[test]
    fn nothing_of_an_address_can_become_another_option() {
        assert_eq!(quoted("https://a/\"x\\"), "\"https://a/\\\"x\\\\\"");
    }
}
