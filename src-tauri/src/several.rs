//! A few of the same, lent out one by one: who needs one waits only when all are lent.

use std::{
    collections::BTreeSet,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

/// Makes another one; none when that cannot be now.
type Make<T> = Box<dyn Fn() -> Option<T> + Send + Sync>;

/// A first one, and others that are made when they are needed.
pub struct Several<T> {
    make: Make<T>,
    most: usize,
    shelf: Mutex<Shelf<T>>,
    came_back: Condvar,
}

struct Shelf<T> {
    /// Each is locked only by whom it is lent to.
    all: Vec<Arc<Mutex<T>>>,
    /// Those that nobody has; the first one is preferred, because it knows most.
    idle: BTreeSet<usize>,
    /// Somebody is making one.
    in_the_making: usize,
}

impl<T> Several<T> {
    /// Never more than `most`, with `first` among them.
    pub fn new(
        first: T,
        most: usize,
        make: impl Fn() -> Option<T> + Send + Sync + 'static,
    ) -> Self {
        Self {
            make: Box::new(make),
            most,
            shelf: Mutex::new(Shelf {
                all: vec![Arc::new(Mutex::new(first))],
                idle: BTreeSet::from([0]),
                in_the_making: 0,
            }),
            came_back: Condvar::new(),
        }
    }

    /// Works with one of them.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let lent = self.lend();
        work(&mut lent.one.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf<T>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lend(&self) -> Lent<'_, T> {
        let mut shelf = self.shelf();
        let mut may_be_made = true;
        loop {
            if let Some((number, one)) = shelf.take() {
                return Lent {
                    several: self,
                    number,
                    one,
                };
            }
            if may_be_made && shelf.all.len() + shelf.in_the_making < self.most {
                shelf.in_the_making += 1;
                drop(shelf);
                let made = (self.make)();
                shelf = self.shelf();
                shelf.in_the_making -= 1;
                // Who could not have another waits for one that there is.
                may_be_made = made.is_some();
                shelf.put(made);
                continue;
            }
            shelf = self
                .came_back
                .wait(shelf)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<T> Shelf<T> {
    fn put(&mut self, made: Option<T>) {
        if let Some(one) = made {
            self.idle.insert(self.all.len());
            self.all.push(Arc::new(Mutex::new(one)));
        }
    }

    fn take(&mut self) -> Option<(usize, Arc<Mutex<T>>)> {
        let number = self.idle.pop_first()?;
        Some((number, Arc::clone(self.all.get(number)?)))
    }
}

/// Comes back however the work ends.
struct Lent<'s, T> {
    several: &'s Several<T>,
    number: usize,
    one: Arc<Mutex<T>>,
}

impl<T> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        self.several.shelf().idle.insert(self.number);
        self.several.came_back.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::Several;
    use std::{
        sync::{
            Arc, Barrier,
            atomic::{AtomicUsize, Ordering},
        },
        thread,
    };

    #[test]
    fn nobody_waits_for_another_until_all_are_lent_and_the_first_is_preferred() {
        let next = AtomicUsize::new(1);
        let make = move || Some(next.fetch_add(1, Ordering::SeqCst));
        let several = Arc::new(Several::new(0, 3, make));
        // All three meet inside: with fewer this would never end.
        let inside = Arc::new(Barrier::new(3));
        let looking = |several: &Arc<Several<usize>>| {
            let (several, inside) = (Arc::clone(several), Arc::clone(&inside));
            thread::spawn(move || {
                several.with(|one| {
                    inside.wait();
                    *one
                })
            })
        };
        let all: Vec<_> = (0..3).map(|_| looking(&several)).collect();
        let mut used: Vec<_> = all.into_iter().map(|one| one.join().unwrap()).collect();
        used.sort_unstable();
        assert_eq!(used, [0, 1, 2]);
        for _ in 0..3 {
            assert_eq!(several.with(|one| *one), 0);
        }
    }

    #[test]
    fn there_are_never_more_than_may_be_and_who_cannot_have_another_waits() {
        for may_be_made in [true, false] {
            let several = Arc::new(Several::new((), 2, move || may_be_made.then_some(())));
            let (busy, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let workers = (0..8).map(|_| {
                let (several, busy, most) =
                    (Arc::clone(&several), Arc::clone(&busy), Arc::clone(&most));
                thread::spawn(move || {
                    for _ in 0..200 {
                        several.with(|()| {
                            let now = busy.fetch_add(1, Ordering::SeqCst) + 1;
                            most.fetch_max(now, Ordering::SeqCst);
                            thread::yield_now();
                            busy.fetch_sub(1, Ordering::SeqCst);
                        });
                    }
                })
            });
            for worker in workers.collect::<Vec<_>>() {
                worker.join().unwrap();
            }
            let allowed = if may_be_made { 2 } else { 1 };
            assert!(most.load(Ordering::SeqCst) <= allowed);
        }
    }

    #[test]
    fn one_comes_back_from_work_that_panics() {
        let several = Arc::new(Several::new(7, 1, || None));
        let broken = Arc::clone(&several);
        let ended = thread::spawn(move || broken.with(|_| panic!("on purpose"))).join();
        assert!(ended.is_err());
        assert_eq!(several.with(|one| *one), 7);
    }
}
