//! How many requests may be under way at once: of everybody, and of one workspace, so that one that fetches from slow
//! hosts leaves room for the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::{Fault, OutboundError};
use crate::id::WorkspaceId;

/// Room for requests of one kind; cheap to clone.
#[derive(Clone)]
pub(super) struct Room {
    inside: Arc<Mutex<HashMap<WorkspaceId, usize>>>,
    all_max: usize,
    each_max: usize,
}

/// A place in a [`Room`], given back when it is dropped.
pub(super) struct Place {
    inside: Arc<Mutex<HashMap<WorkspaceId, usize>>>,
    workspace: WorkspaceId,
}

impl Room {
    pub fn new(all_max: usize, each_max: usize) -> Room {
        Room { inside: Arc::default(), all_max, each_max }
    }

    /// Takes a place at once, or tells that there is none: who waits for one would hold a request open meanwhile.
    pub fn enter(&self, workspace: WorkspaceId) -> Result<Place, OutboundError> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let own = inside.get(&workspace).copied().unwrap_or_default();
        if own >= self.each_max || inside.values().sum::<usize>() >= self.all_max {
            return Err(Fault::Busy.into());
        }
        inside.insert(workspace, own + 1);
        Ok(Place { inside: Arc::clone(&self.inside), workspace })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        match inside.get_mut(&self.workspace) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(inside.remove(&self.workspace)),
        }
    }
}
