//! Handing the agent's key over: a socket in the run folder that answers nobody but a direct helper of the agent.
//!
//! The agent's settings name `orchestron key-helper <run-dir>` as the command that prints its key. The keeper answers when
//! the kernel says that the asking process
//!
//! - runs our own program,
//! - is a child of the agent, or a child of a shell that is,
//! - and is in the agent's own process group and session. The shells an agent gives its model to use are not: measured with
//!   the Claude CLI 2.1.328, its key helper shares its group, while each Bash tool call is a session of its own,
//!   which no process can leave for another one. So a model that types the command itself gets nothing.
//!
//! The key is never in a file, in arguments or in an environment. Peers can be told only on Linux; elsewhere no key
//! is handed over at all.

use rustix::{
    net::sockopt::socket_peercred,
    process::{Pid, getpgid, getsid},
};
use std::{
    fs,
    io::{self, Write},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        net::UnixListener,
    },
    path::Path,
};

use super::super::{folder::KEY_SOCKET, tree};

/// The listening end.
#[derive(Debug)]
pub(super) struct KeyServer {
    listener: UnixListener,
    key: String,
    refused: u32,
}

impl KeyServer {
    /// Listens in the working directory, which is the run folder: a whole path could be longer than an address may be.
    pub(super) fn open(key: String) -> io::Result<Self> {
        let listener = UnixListener::bind(KEY_SOCKET)?;
        fs::set_permissions(KEY_SOCKET, fs::Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener,
            key,
            refused: 0,
        })
    }

    /// What to poll.
    pub(super) const fn listener(&self) -> &UnixListener {
        &self.listener
    }

    /// How many were refused.
    pub(super) const fn refused(&self) -> u32 {
        self.refused
    }

    /// Answers everybody who waits: the key for a helper of `agent`, nothing for others.
    pub(super) fn serve(&mut self, agent: i32) {
        while let Ok((mut stream, _)) = self.listener.accept() {
            let allowed =
                socket_peercred(&stream).is_ok_and(|peer| is_helper(peer.pid.as_raw_pid(), agent));
            if allowed {
                // Far smaller than a socket's buffer: cannot block. A helper that hung up meanwhile is its own affair.
                writeln!(stream, "{}", self.key).ok();
            } else {
                self.refused = self.refused.saturating_add(1);
            }
        }
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        fs::remove_file(KEY_SOCKET).ok();
    }
}

fn is_helper(peer: i32, agent: i32) -> bool {
    let parent = tree::parent(peer);
    let below = parent == Some(agent) || parent.and_then(tree::parent) == Some(agent);
    below && is_in_group(peer, agent) && is_our_program(peer)
}

fn is_in_group(peer: i32, agent: i32) -> bool {
    let peer = Pid::from_raw(peer);
    let group = getpgid(peer).ok().map(Pid::as_raw_pid);
    peer.is_some() && group == Some(agent) && getsid(peer).ok() == getsid(None).ok()
}

/// The same file, or, when the program was replaced by a newer one while the run goes on, the same path.
fn is_our_program(peer: i32) -> bool {
    let link = format!("/proc/{peer}/exe");
    let (Ok(theirs), Ok(own)) = (fs::metadata(&link), fs::metadata("/proc/self/exe")) else {
        return false;
    };
    if (theirs.dev(), theirs.ino()) == (own.dev(), own.ino()) {
        return true;
    }
    let path = |link: &Path| {
        let text = fs::read_link(link).ok()?.to_string_lossy().into_owned();
        Some(text.trim_end_matches(" (deleted)").to_owned())
    };
    let own = path(Path::new("/proc/self/exe"));
    own.is_some() && path(Path::new(&link)) == own
}
