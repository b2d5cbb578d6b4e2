//! Ctrl-C, SIGTERM and a terminal that closes: what is half-written is removed, which is said, and the program ends. A
//! second one ends it at once.

#[cfg(unix)]
pub(super) use unix::{listen, served, wait_if_interrupted};

#[cfg(unix)]
mod unix {
    use std::io::Write as _;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::{fs, thread};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;
    use signal_hook::{flag, low_level};

    use crate::atomic_file;
    use crate::cli::progress::Terminal;

    /// The program is about to end.
    static INTERRUPTED: AtomicBool = AtomicBool::new(false);
    /// A server listens to signals itself, and ends in its own way.
    static SERVED: AtomicBool = AtomicBool::new(false);

    /// Listens from now on, on a thread of its own. Signals that whoever started the program has turned off stay off, as
    /// under `nohup`.
    pub(in crate::cli) fn listen(terminal: &Arc<Terminal>) {
        // A limit on file sizes is then an error of the write, told with its path.
        let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
        let ignored = ignored();
        let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
        let Ok(mut signals) = Signals::new(wanted.clone()) else { return };
        let once = Arc::new(AtomicBool::new(false));
        for signal in wanted {
            // In this order: the first one only raises the flag.
            let _ = flag::register_conditional_shutdown(signal, exit_code(signal), Arc::clone(&once));
            let _ = flag::register(signal, Arc::clone(&once));
        }
        let terminal = Arc::clone(terminal);
        thread::spawn(move || {
            for signal in &mut signals {
                if SERVED.load(Ordering::SeqCst) {
                    continue;
                }
                INTERRUPTED.store(true, Ordering::SeqCst);
                atomic_file::abandon();
                terminal.clear();
                let _ = writeln!(
                    std::io::stderr(),
                    "interrupted: nothing half-written is left, and what was there before is as it was"
                );
                // Not through the ends of other threads, which still work.
                low_level::exit(exit_code(signal));
            }
        });
    }

    /// From now on signals are for a server, which listens to them too.
    pub(in crate::cli) fn served() {
        SERVED.store(true, Ordering::SeqCst);
    }

    /// Does not come back where the program is about to end.
    pub(in crate::cli) fn wait_if_interrupted() {
        while INTERRUPTED.load(Ordering::SeqCst) {
            thread::park();
        }
    }

    /// What a shell reports of a program that a signal ended.
    fn exit_code(signal: i32) -> i32 {
        128 + signal
    }

    /// The signals that are turned off, a bit each from signal 1 on, as Linux tells; elsewhere none is known to be.
    fn ignored() -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
    }
}

#[cfg(not(unix))]
pub(super) use elsewhere::{listen, served, wait_if_interrupted};

/// Without signals Ctrl-C ends the program at once, and the next one that writes there sweeps.
#[cfg(not(unix))]
mod elsewhere {
    use std::sync::Arc;

    use crate::cli::progress::Terminal;

    pub(in crate::cli) fn listen(_: &Arc<Terminal>) {}

    pub(in crate::cli) fn served() {}

    pub(in crate::cli) fn wait_if_interrupted() {}
}
