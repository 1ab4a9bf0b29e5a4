//! A map that knows which of its entries are still open, so that whoever asks for those need not look at hundreds that are over.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{collections::BTreeMap, ops::Deref};

/// Something that begins open and is over some time.
pub trait Closes {
    /// Whether it is not over yet.
    fn is_open(&self) -> bool;
}

/// Entries by id, read like a map.
#[derive(Clone, Debug)]
pub struct Register<K, V> {
    all: BTreeMap<K, V>,
    /// Whatever may still be open, in order: entries are taken out when they are seen to be over, which may be later than they are.
    open: Vec<K>,
    /// Something was changed that may be over by now.
    changed: bool,
}

impl<K: Ord + Clone, V: Closes> Register<K, V> {
    /// Adds an entry, or replaces it.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Err(at) = self.open.binary_search(&key) {
            self.open.insert(at, key.clone());
        }
        self.changed = true;
        self.all.insert(key, value)
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        if let Ok(at) = self.open.binary_search(key) {
            self.open.remove(at);
        }
        self.all.remove(key)
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// An entry, to be changed. What is over does not become open again.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.changed = true;
        self.all.get_mut(key)
    }

    /// All entries, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.changed = true;
        self.all.values_mut()
    }

    /// Changes each open entry.
    pub fn each_open(&mut self, mut change: impl FnMut(&mut V)) {
        let Self { all, open, changed } = self;
        *changed = true;
        for key in open {
            if let Some(value) = all.get_mut(key).filter(|value| value.is_open()) {
                change(value);
            }
        }
    }

    /// The open entries, in order.
    pub fn open(&self) -> impl Iterator<Item = &V> {
        let entries = self.open.iter().filter_map(|key| self.all.get(key));
        entries.filter(|value| value.is_open())
    }

    /// How many are over, at least.
    #[must_use]
    pub fn closed(&self) -> usize {
        self.all.len().saturating_sub(self.open.len())
    }

    /// Forgets which were open that are over by now.
    pub(crate) fn settle(&mut self) {
        let Self { all, open, changed } = self;
        if std::mem::take(changed) {
            open.retain(|key| all.get(key).is_some_and(Closes::is_open));
        }
    }
}

impl<K, V> Default for Register<K, V> {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            open: Vec::new(),
            changed: false,
        }
    }
}

impl<K, V> Deref for Register<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &BTreeMap<K, V> {
        &self.all
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Register<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all
    }
}

impl<K: Eq, V: Eq> Eq for Register<K, V> {}

impl<K: Ord + Clone, V: Closes> From<BTreeMap<K, V>> for Register<K, V> {
    fn from(all: BTreeMap<K, V>) -> Self {
        let open = all.iter().filter(|(_, value)| value.is_open());
        Self {
            open: open.map(|(key, _)| key.clone()).collect(),
            all,
            changed: false,
        }
    }
}

impl<K: Ord + Clone, V: Closes> FromIterator<(K, V)> for Register<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        entries.into_iter().collect::<BTreeMap<_, _>>().into()
    }
}

impl<'a, K, V> IntoIterator for &'a Register<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = std::collections::btree_map::Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

impl<K: Serialize, V: Serialize> Serialize for Register<K, V> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(to)
    }
}

impl<'de, K, V> Deserialize<'de> for Register<K, V>
where
    K: Deserialize<'de> + Ord + Clone,
    V: Deserialize<'de> + Closes,
{
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(from).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::{Closes, Register};
    use std::collections::BTreeMap;

    impl Closes for bool {
        fn is_open(&self) -> bool {
            *self
        }
    }

    fn register() -> Register<u8, bool> {
        [(3, true), (1, true), (2, false)].into_iter().collect()
    }

    #[test]
    fn what_is_over_is_not_among_the_open_whether_it_was_noticed_or_not() {
        let mut all = register();
        assert_eq!((all.open().count(), all.closed()), (2, 1));
        if let Some(one) = all.get_mut(&1) {
            *one = false;
        }
        assert_eq!(all.open().count(), 1);
        all.settle();
        assert_eq!((all.open().count(), all.closed()), (1, 2));
        all.insert(9, true);
        all.insert(4, false);
        all.settle();
        assert_eq!((all.open().count(), all.closed()), (2, 3));
        all.remove(&3);
        assert_eq!((all.open().count(), all.len()), (1, 4));
    }

    #[test]
    fn only_what_is_open_is_changed() {
        let mut all = register();
        let mut changed = 0;
        all.each_open(|one| {
            *one = false;
            changed += 1;
        });
        assert_eq!((changed, all.open().count()), (2, 0));
    }

    #[test]
    fn it_is_written_and_compared_like_the_map_it_is() {
        let mut all = register();
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(text, r#"{"1":true,"2":false,"3":true}"#);
        let read: Register<u8, bool> = serde_json::from_str(&text).unwrap();
        assert_eq!(read.open().count(), 2);
        all.each_open(|_| ());
        assert_eq!(read, all);
        let plain: BTreeMap<u8, bool> = all.into_iter().map(|(k, v)| (*k, *v)).collect();
        assert_eq!(plain.len(), 3);
    }
}
