//! Threads that each need much at once queue by the budget instead of multiplying it.

use std::sync::{Condvar, Mutex, PoisonError};

use super::{MemoryBudget, OverBudget};

/// The part of a budget that some threads share: what one reserves the others wait for.
#[derive(Debug)]
pub struct Reservations {
    budget: MemoryBudget,
    /// Bytes that are reserved now.
    reserved: Mutex<u64>,
    given_back: Condvar,
}

/// Bytes that are reserved until this is dropped.
#[derive(Debug)]
#[must_use = "the bytes are given back when this is dropped"]
pub struct Reservation<'a> {
    of: &'a Reservations,
    bytes: u64,
}

impl Reservations {
    /// What is left of `budget` now, for as long as this lives.
    #[must_use]
    pub fn of(budget: MemoryBudget) -> Self {
        Self { budget: MemoryBudget::of(budget.left()), reserved: Mutex::new(0), given_back: Condvar::new() }
    }

    /// Waits until `bytes` fit beside what others reserved. Whoever holds a reservation must not ask for another one.
    ///
    /// # Errors
    /// When they would not even fit alone.
    pub fn reserve(&self, bytes: u64) -> Result<Reservation<'_>, OverBudget> {
        self.budget.admit_beside(bytes, 0)?;
        let full = |reserved: &mut u64| *reserved + bytes > self.budget.bytes();
        let reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reserved = self.given_back.wait_while(reserved, full).unwrap_or_else(PoisonError::into_inner);
        *reserved += bytes;
        Ok(Reservation { of: self, bytes })
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        *self.of.reserved.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        self.of.given_back.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn shared(bytes: u64) -> Reservations {
        Reservations { budget: MemoryBudget::of(bytes), reserved: Mutex::new(0), given_back: Condvar::new() }
    }

    #[test]
    fn threads_together_stay_within_the_budget() {
        let (room, held, most) = (shared(100), AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for thread in 0..8_u64 {
                let (room, held, most) = (&room, &held, &most);
                scope.spawn(move || {
                    for round in 0..200 {
                        let bytes = 1 + (thread * 13 + round * 7) % 60;
                        let _reserved = room.reserve(bytes).unwrap();
                        most.fetch_max(held.fetch_add(bytes, Ordering::SeqCst) + bytes, Ordering::SeqCst);
                        std::thread::yield_now();
                        held.fetch_sub(bytes, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 100);
        assert_eq!(*room.reserved.lock().unwrap(), 0);
    }

    #[test]
    fn what_fits_never_is_refused_at_once() {
        let room = shared(100);
        assert!(room.reserve(101).is_err());
        drop(room.reserve(100).unwrap());
        drop(room.reserve(100).unwrap());
    }
}
