//! Which of a series' clusters holds the frames that the shutter or the beam spoiled.

use serde::{Deserialize, Serialize};

/// Which cluster of a series is the spoiled one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpoiledCluster {
    /// The dim ones; where brightness cannot tell, that of the first frame if it is dimmer than the others.
    #[default]
    Auto,
    /// Those whose median frame has less light than the line says.
    Brightness,
    /// That of the first frame, whatever its brightness.
    FirstFrame,
}
