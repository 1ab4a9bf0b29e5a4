//! The small ports: clock, keys, programs, and where an engine sleeps.

use crate::world::{World, refused};
use orchestron_domain::{RunId, Time};
use orchestron_engine::ports::{
    Clock, InstalledAgent, KeyProbe, Keys, PortErrorKind, PortResult, Programs, Wake, Waker,
};

pub struct MemoryClock(pub World);

impl Clock for MemoryClock {
    fn now(&self) -> Time {
        self.0.now()
    }
}

pub struct MemoryPrograms(pub World);

impl Programs for MemoryPrograms {
    fn installed(&self) -> PortResult<Vec<InstalledAgent>> {
        Ok(self.0.up()?.installed.clone())
    }

    fn among(&self, names: &[&str]) -> PortResult<Vec<String>> {
        let things = self.0.up()?;
        let here = names.iter().map(|name| (*name).to_owned());
        Ok(here.filter(|name| things.editors.contains(name)).collect())
    }

    fn open(&self, argv: &[String], folder: &str) -> PortResult<()> {
        let mut things = self.0.up()?;
        things.opened.push((argv.to_vec(), folder.to_owned()));
        Ok(())
    }
}

pub struct MemoryKeys(pub World);

impl Keys for MemoryKeys {
    fn store(&self) -> PortResult<String> {
        if self.0.up()?.keyring_broken {
            let said = "no keyring is running";
            return Err(refused(
                PortErrorKind::Other,
                "cannot open",
                "the keyring",
                said,
            ));
        }
        Ok("the keyring of this test".to_owned())
    }

    fn source(&self, account: &str) -> PortResult<Option<String>> {
        let things = self.0.up()?;
        Ok(things
            .keys
            .contains_key(account)
            .then(|| "keyring".to_owned()))
    }

    fn set(&self, account: &str, key: &str) -> PortResult<()> {
        self.store()?;
        self.0.up()?.keys.insert(account.to_owned(), key.to_owned());
        Ok(())
    }

    fn delete(&self, account: &str) -> PortResult<bool> {
        self.store()?;
        Ok(self.0.up()?.keys.remove(account).is_some())
    }

    /// The API of this world lets every key in that begins with `good`.
    fn probe(&self, account: &str, _probe: &KeyProbe) -> PortResult<u16> {
        let things = self.0.up()?;
        match things.keys.get(account) {
            Some(key) if key.starts_with("good") => Ok(200),
            Some(_) => Ok(401),
            None => Err(refused(
                PortErrorKind::Missing,
                "cannot find",
                account,
                "there is no key",
            )),
        }
    }
}

/// Never sleeps: time jumps to the deadline when nothing else is to be done, and without a deadline there is nothing left to wait for.
pub struct MemoryWaker(pub World);

impl Waker for MemoryWaker {
    fn wait(&mut self, deadline: Option<Time>) -> Vec<Wake> {
        let mut things = self.0.things();
        let wakes = std::mem::take(&mut things.wakes);
        if !wakes.is_empty() {
            return wakes;
        }
        match deadline {
            Some(at) if !things.down => {
                things.now = things.now.max(at);
                if let Some(slept) = things.oversleep.take() {
                    things.sleep(slept);
                }
                vec![Wake::Time]
            }
            _ => vec![Wake::Stop],
        }
    }

    fn listen(&mut self, _runs: &[RunId]) {}
}
