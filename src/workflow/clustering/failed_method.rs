//! Methods that could not group the images. One that cannot costs itself; only when no method is left the run fails.

use serde::Serialize;

use crate::clusterers::{ClusterError, Method};
use crate::memory::StageOverBudget;
use crate::progress::{Observer, Warning};
use crate::workflow::WorkflowError;

/// A method of the recipe that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedMethod {
    /// Such as `hierarchical`.
    pub method: String,
    /// A lowercase fragment.
    pub reason: String,
    /// What would work, where something is known.
    pub hint: Option<String>,
}

/// Warns of every method that failed.
///
/// # Errors
/// When none is left of the methods: the reason of the only one, or the reasons of all.
pub(crate) fn leave_out(
    failed: Vec<(Method, ClusterError)>,
    n_left: usize,
    observer: &dyn Observer,
) -> Result<Vec<FailedMethod>, WorkflowError> {
    if n_left == 0 {
        return Err(match failed.as_slice() {
            [(_, error)] => error.clone().into(),
            several => {
                let reasons: Vec<String> =
                    several.iter().map(|(method, error)| format!("{}: {error}", method.name())).collect();
                let hint = several.iter().find_map(|(_, error)| error.hint());
                let message = format!("no method can group the images: {}", reasons.join("; "));
                WorkflowError::Failed { message, hint }
            }
        });
    }
    let told = |(method, error): (Method, ClusterError)| {
        let (reason, hint) = (error.to_string(), error.hint());
        observer.warn(&Warning::MethodLeftOut { method: method.name(), reason: reason.clone(), hint: hint.clone() });
        FailedMethod { method: method.name().to_owned(), reason, hint }
    };
    Ok(failed.into_iter().map(told).collect())
}

/// What was made of the clusters, such as a map; where it does not fit in memory nothing, and a warning says so.
pub(crate) fn or_left_out<T>(
    what: &'static str,
    made: Result<T, StageOverBudget>,
    observer: &dyn Observer,
) -> Option<T> {
    let warn = |why: StageOverBudget| {
        let (reason, hint) = (why.to_string(), Some(why.hint()));
        observer.warn(&Warning::MethodLeftOut { method: what, reason, hint });
    };
    made.map_err(warn).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryBudget;
    use crate::progress::Silent;

    #[test]
    fn only_when_no_method_is_left_it_is_an_error() {
        let refused = MemoryBudget::of(1).admit(u64::MAX >> 1).unwrap_err();
        let many = || (Method::Hierarchical, ClusterError::Memory(refused));
        let few = || (Method::Kmeans, ClusterError::TooFew { needed: 3, rows: 2 });
        assert_eq!(leave_out(Vec::new(), 2, &Silent).unwrap(), []);
        let left_out = leave_out(vec![many()], 1, &Silent).unwrap();
        assert_eq!((left_out[0].method.as_str(), left_out.len()), ("hierarchical", 1));
        assert!(left_out[0].hint.as_ref().is_some_and(|hint| hint.contains("kmeans")));
        assert_eq!(leave_out(vec![few()], 0, &Silent).unwrap_err().to_string(), "3 clusters asked of 2 images");
        let all = leave_out(vec![few(), many()], 0, &Silent).unwrap_err();
        let told =
            "no method can group the images: kmeans: 3 clusters asked of 2 images; hierarchical: it needs 9.2 EB of";
        assert!(all.to_string().starts_with(told), "{all}");
        assert_eq!(all.hint().unwrap(), "ask for 2 clusters at most, or add images");
    }
}
