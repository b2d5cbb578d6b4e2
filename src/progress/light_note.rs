//! Notes about what the light of detector frames is judged by, as data.

use std::fmt;

use serde::Serialize;

/// What is taken off counts, or explains them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum LightNote {
    /// Dark frames were measured: counts per pixel without light.
    DarkFrames { frames: usize, counts: f64 },
    /// Of `all` series so many show a pedestal, of `least` to `most` counts per pixel, that was taken off.
    Pedestals { series: usize, all: usize, least: f64, most: f64 },
    /// In so many of `all` series the counts of a beam monitor took part; `name` is where the first lies in its file.
    Monitored { series: usize, all: usize, name: String },
    /// In so many of `all` series a beam monitor has nothing to do with the frames, or scatters more than they do.
    MonitorsPassedOver { series: usize, all: usize, name: String },
}

impl fmt::Display for LightNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DarkFrames { frames, counts } => {
                write!(f, "{frames} dark frames count {counts:.3} per pixel, which is taken off every frame")
            }
            Self::Pedestals { series, all, least, most } => write!(
                f,
                "a pedestal of {least:.3} to {most:.3} counts per pixel is taken off in {series} of {all} series"
            ),
            Self::Monitored { series, all, name } => write!(
                f,
                "the counts of a beam monitor took part in {series} of {all} series, as the files have a number per \
                 frame: `{name}`"
            ),
            Self::MonitorsPassedOver { series, all, name } => write!(
                f,
                "the counts of a beam monitor are passed over in {series} of {all} series, where frames scatter more with \
                 them than without: `{name}`"
            ),
        }
    }
}
