//! Open connections, bounded: who only holds connections open shuts nobody out.
//!
//! A connection is a stranger's until a request on it shows the token. Where there are too many, the stranger that came
//! first is hung up on; the owner's browser asks at once and is a stranger for a moment only. On loopback everybody
//! has one address, so a plain bound per peer would do the opposite of what it is for.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Connections at a time: well below the 256 files that some systems allow a process.
const IN_ALL: usize = 128;
/// Connections of one address at a time: ten browsers with all the connections that they open to one server.
const PER_PEER: usize = 64;

/// All open connections, in the order they came.
#[derive(Default)]
pub(super) struct Connections {
    open: Mutex<VecDeque<Arc<Connection>>>,
}

/// An open connection; requests on it carry it as an extension.
pub(super) struct Connection {
    peer: IpAddr,
    has_shown_token: AtomicBool,
    evicted: Notify,
}

impl Connection {
    /// A request on it had the token.
    pub fn trust(&self) {
        self.has_shown_token.store(true, Ordering::Relaxed);
    }

    /// Ends when another connection needs the room.
    pub async fn evicted(&self) {
        self.evicted.notified().await;
    }

    fn is_stranger(&self) -> bool {
        !self.has_shown_token.load(Ordering::Relaxed)
    }
}

impl Connections {
    /// A place for a connection from `peer`; `None` where all are taken by connections that showed the token.
    pub fn enter(&self, peer: IpAddr) -> Option<Arc<Connection>> {
        let peer = peer.to_canonical();
        let mut open = self.open();
        if open.iter().filter(|connection| connection.peer == peer).count() >= PER_PEER {
            evict(&mut open, |connection| connection.peer == peer)?;
        }
        if open.len() >= IN_ALL {
            evict(&mut open, |_| true)?;
        }
        let connection = Arc::new(Connection { peer, has_shown_token: AtomicBool::new(false), evicted: Notify::new() });
        open.push_back(Arc::clone(&connection));
        Some(connection)
    }

    /// It has ended.
    pub fn leave(&self, connection: &Arc<Connection>) {
        self.open().retain(|open| !Arc::ptr_eq(open, connection));
    }

    /// Hangs up on all strangers.
    pub fn make_room(&self) {
        let mut open = self.open();
        while evict(&mut open, |_| true).is_some() {}
    }

    fn open(&self) -> MutexGuard<'_, VecDeque<Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hangs up on the stranger that came first among those meant by `of`; `None` where there is none.
fn evict(open: &mut VecDeque<Arc<Connection>>, of: impl Fn(&Connection) -> bool) -> Option<()> {
    let first = open.iter().position(|connection| connection.is_stranger() && of(connection))?;
    open.remove(first)?.evicted.notify_one();
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: usize) -> IpAddr {
        IpAddr::from([10, 0, (last >> 8) as u8, last as u8])
    }

    fn is_evicted(connection: &Connection) -> bool {
        use futures_util::FutureExt;
        connection.evicted().now_or_never().is_some()
    }

    #[test]
    fn strangers_make_room_in_the_order_they_came() {
        let connections = Connections::default();
        let first = connections.enter(peer(1)).unwrap();
        first.trust();
        let strangers: Vec<_> = (1..PER_PEER).map(|_| connections.enter(peer(1)).unwrap()).collect();
        assert!(!strangers.iter().any(|stranger| is_evicted(stranger)));
        let newest: Vec<_> = (0..PER_PEER).map(|_| connections.enter(peer(1)).unwrap()).collect();
        assert!(strangers.iter().all(|stranger| is_evicted(stranger)) && !is_evicted(&first));
        assert!(is_evicted(&newest[0]) && !is_evicted(&newest[1]));
        assert!(!is_evicted(&connections.enter(peer(2)).unwrap()), "another address has room of its own");
    }

    #[test]
    fn no_number_of_addresses_shuts_the_owner_out() {
        let connections = Connections::default();
        let strangers: Vec<_> = (0..IN_ALL).map(|at| connections.enter(peer(at)).unwrap()).collect();
        let owner = connections.enter(peer(IN_ALL)).unwrap();
        assert!(is_evicted(&strangers[0]) && !is_evicted(&strangers[1]));
        owner.trust();
        for at in 0..3 * IN_ALL {
            connections.enter(peer(at)).unwrap();
        }
        assert!(!is_evicted(&owner));
    }

    #[test]
    fn connections_that_showed_the_token_are_bounded_too() {
        let connections = Connections::default();
        let trusted: Vec<_> = (0..PER_PEER).map(|_| connections.enter(peer(1)).unwrap()).collect();
        for connection in &trusted {
            connection.trust();
        }
        assert!(connections.enter(peer(1)).is_none());
        assert!(connections.enter("::ffff:10.0.0.1".parse().unwrap()).is_none(), "the same address in other words");
        connections.leave(&trusted[0]);
        assert!(connections.enter(peer(1)).is_some());
    }
}
