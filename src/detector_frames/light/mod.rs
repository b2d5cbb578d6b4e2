//! How much of the beam's light each frame has: its flux against what beam and sample gave at that time.
//!
//! What the shutter or a loss of the beam takes is told from what the sample and the current do by the rest of the series.
//! Two courses of the beam are tried:
//!
//! 1. A line that may fall, through the frames after the opening of the shutter.
//! 2. One that rises and falls: a turning sample (a line and a sine) or, where that does not fit as well, local regression;
//!    of these the stiffest that is good enough.
//!
//! The second is taken where it explains a third more frames than the line does, and comes down again: one that only rises
//! behind an opening is the opening. An opening begins deep; a loss falls at once. Where frames scatter, medians of some in
//! a row are judged.

mod harmonic;
mod local;
mod lost;
mod smoothing;

use super::beam::{BeamCourse, PART_OF_THE_COURSE, falling_line};
use super::typical;
use harmonic::harmonic;
use local::local;
use lost::{apart, dim_at_once};
use smoothing::{by_chance, half_window, running_median};

/// An opening shutter or a deep loss has less than this share of the light. A sample that turns takes less: crystals and
/// plates in use vary by a third, which leaves 0.67.
const DEEP: f64 = 0.6;
/// A flexible course is the beam's where it explains so many times the frames that the line does. Where the line is right
/// both explain the same ones but for a tenth, where a sample turns the line explains half as many or fewer.
const BETTER: f64 = 4.0 / 3.0;
/// Fits are repeated until they settle.
const ROUNDS: usize = 6;
/// A course is good where it leaves no more than this share of what is tolerated: a frame at the line is then called by its
/// light and not by the fit.
pub(super) const IMMATERIAL: f64 = 0.25;
/// A frame is between spoiled and usable where its light is this share of what is tolerated above or below the line: at the
/// usual line a hundredth of the light, which is what frames scatter by. A slow opening then leaves a gap for DBSCAN to see.
const BETWEEN: f64 = 0.1;
/// Series of fewer frames show no more than a line.
const FEWEST: usize = 12;
/// A frame so many scatters below the line is dim by itself, whatever is around it.
const ALONE: f64 = 5.0;

/// The light of the frames of a series.
#[derive(Debug, Clone)]
pub(super) struct Light {
    /// Share of each frame by itself, in `0.0..=2.0`.
    pub share: Vec<f64>,
    /// What is decided on: the share, or a running median where single frames scatter too much.
    pub decided: Vec<f64>,
    /// Relative scatter of good frames, above 0.
    pub scatter: f64,
    /// A frame may miss this share: what the recipe says, or what chance takes where that is more.
    pub tolerated: f64,
}

impl Light {
    /// `flux` is in counts per pixel without a pedestal, `pixels` how many of them were measured, both per frame.
    /// `tolerated` is the share that a usable frame may miss.
    pub(super) fn of(flux: &[f64], pixels: &[f64], tolerated: f64) -> Self {
        let line = BeamCourse::of(flux, pixels);
        let top = line.level.iter().copied().fold(0.0, f64::max);
        if top <= 0.0 {
            let dark = vec![0.0; flux.len()];
            return Self { share: dark.clone(), decided: dark, scatter: 1.0, tolerated };
        }
        // Light is above 0; a thousandth is none.
        let flux: Vec<f64> = flux.iter().map(|flux| flux.max(1e-3 * top)).collect();
        let photons = flux.iter().zip(pixels).map(|(flux, pixels)| 1.0 / (flux * pixels).max(1.0).sqrt()).collect();
        let series = SeriesLight { y: flux.iter().map(|flux| flux.ln()).collect(), photons, tolerated };
        let first = Course { level: line.level.iter().map(|level| level.ln()).collect(), scatter: line.scatter };
        let course = if flux.len() < FEWEST { first } else { series.course(&first) };
        let share: Vec<f64> = series.shares(&course).into_iter().map(|share| share.clamp(0.0, 2.0)).collect();
        let half = half_window(course.scatter, tolerated);
        let alone = 1.0 - ALONE * course.scatter;
        let decided = running_median(&share, half)
            .into_iter()
            .zip(&share)
            .map(|(smooth, share)| if *share < alone { *share } else { smooth })
            .collect();
        Self { share, decided, scatter: course.scatter, tolerated: tolerated.max(by_chance(course.scatter, half)) }
    }

    /// From -1 (spoiled) over -0.5 (at the line) to 0 (usable), so that clusters part at the line.
    pub(super) fn deviation(&self, at: usize) -> f64 {
        let missing = (1.0 - self.decided[at]) / self.tolerated;
        (-0.5 - 0.5 * (missing - 1.0) / BETWEEN).clamp(-1.0, 0.0)
    }
}

/// The logarithm of a level, frame by frame, and the scatter of good frames about it.
struct Course {
    level: Vec<f64>,
    scatter: f64,
}

/// A series to find the course of.
struct SeriesLight {
    /// Logarithms of the flux.
    y: Vec<f64>,
    /// Relative noise of the photons.
    photons: Vec<f64>,
    tolerated: f64,
}

impl SeriesLight {
    fn shares(&self, course: &Course) -> Vec<f64> {
        self.y.iter().zip(&course.level).map(|(y, level)| (y - level).exp()).collect()
    }

    /// Shares with chance smoothed out, by three frames at least.
    fn smooth(&self, course: &Course) -> Vec<f64> {
        running_median(&self.shares(course), half_window(course.scatter, self.tolerated).max(1))
    }

    /// Frames from the first on that are dimmer than `line`.
    fn opening(smooth: &[f64], line: f64) -> usize {
        smooth.iter().take_while(|share| **share < line).count()
    }

    /// The opening and its end, which is nearly open: of an exponential one that reaches the line after `opening` frames
    /// 99 % are there after twice as many. A fifth of the series is always left.
    fn guarded(&self, opening: usize, times: f64) -> usize {
        if opening == 0 { 0 } else { ((times * opening as f64) as usize + 2).min(self.y.len() * 4 / 5) }
    }

    /// Scatter about any smooth course, by successive differences; of photons at least.
    fn scatter(&self, open: &[usize]) -> f64 {
        let differences = open.windows(2).map(|pair| (self.y[pair[1]] - self.y[pair[0]]).abs());
        let measured = 1.4826 / 2.0_f64.sqrt() * typical(differences);
        measured.max(typical(open.iter().map(|&at| self.photons[at]))).max(1e-3)
    }

    fn course(&self, first: &Course) -> Course {
        let line = self.line(first);
        let told = self.told(&line);
        if told * BETTER >= self.y.len() as f64 {
            return line;
        }
        match self.flexible(first) {
            Some(course) if self.told(&course) > BETTER * told && !self.only_rises(&course) => course,
            _ => line,
        }
    }

    /// Whether `course` rises and never comes down: then it is the shutter's, open at the very end or never.
    fn only_rises(&self, course: &Course) -> bool {
        let opening = Self::opening(&self.smooth(course), 1.0 - self.tolerated);
        let after = &course.level[opening..];
        let Some(start) = after.first() else { return false };
        let (mut highest, mut falls) = (*start, 0.0_f64);
        for level in after {
            highest = highest.max(*level);
            falls = falls.max(highest - level);
        }
        highest - start > self.tolerated && falls < IMMATERIAL * self.tolerated
    }

    /// How many frames after the opening `course` explains: those it leaves no more of than is immaterial or chance, and
    /// sudden losses.
    fn told(&self, course: &Course) -> f64 {
        let smooth = self.smooth(course);
        let opening = Self::opening(&smooth, 1.0 - self.tolerated);
        let lost = dim_at_once(&self.shares(course), &smooth, opening, self.tolerated);
        let left = (IMMATERIAL * self.tolerated).max(2.0 * course.scatter);
        let after = self.guarded(opening, 1.5)..self.y.len();
        after.filter(|&at| (smooth[at] - 1.0).abs() <= left || lost[at]).count() as f64
    }

    /// The falling line.
    fn line(&self, first: &Course) -> Course {
        let n = self.y.len();
        let mut course = Course { level: first.level.clone(), scatter: first.scatter };
        for _ in 0..ROUNDS {
            let guard = self.guarded(Self::opening(&self.smooth(&course), 1.0 - self.tolerated), 1.5);
            let shares = self.shares(&course);
            let least = PART_OF_THE_COURSE.min(1.0 - 3.0 * course.scatter).max(0.5);
            let part: Vec<usize> = (guard..n).filter(|&at| shares[at] >= least).collect();
            if part.len() < 5 {
                break;
            }
            let points: Vec<(f64, f64)> = part.iter().map(|&at| (at as f64, self.y[at])).collect();
            let (slope, start) = falling_line(&points);
            let level: Vec<f64> = (0..n).map(|at| start + slope * at as f64).collect();
            let settled = level.iter().zip(&course.level).all(|(new, old)| (new - old).abs() < 1e-4);
            course = Course { level, scatter: self.scatter(&part) };
            if settled {
                break;
            }
        }
        course
    }

    /// A course that rises and falls; `None` where too few frames are left to see it in.
    fn flexible(&self, first: &Course) -> Option<Course> {
        let n = self.y.len();
        let start = self.smooth(first);
        let deep = Self::opening(&start, DEEP);
        let mut guard = if deep > 0 { self.guarded(deep, 3.0) } else { 0 };
        let bright: Vec<usize> = (0..n).filter(|&at| start[at] >= DEEP).collect();
        let apart = apart(&self.y, self.scatter(&bright), self.tolerated);
        let mut open: Vec<usize> = bright.into_iter().filter(|&at| at >= guard && !apart[at]).collect();
        let mut course = None;
        for _ in 0..ROUNDS {
            if open.len() < FEWEST.max(n / 8) {
                break;
            }
            let found = self.fit(&open);
            let smooth = self.smooth(&found);
            let opening = Self::opening(&smooth, 1.0 - self.tolerated);
            if deep > 0 {
                guard = self.guarded(opening, 2.0);
            }
            let lost = dim_at_once(&self.shares(&found), &smooth, opening, self.tolerated);
            let takes_part = |at: &usize| smooth[*at] >= DEEP && !lost[*at] && !apart[*at];
            let next: Vec<usize> = (guard..n).filter(takes_part).collect();
            course = Some(found);
            if next == open {
                break;
            }
            open = next;
        }
        course
    }

    /// The stiffest course that is good enough: as good as the best but for a third, or immaterial.
    fn fit(&self, open: &[usize]) -> Course {
        let (n, scatter) = (self.y.len(), self.scatter(open));
        let mut tried = vec![harmonic(&self.y, open)];
        let neighbours = [n / 2, n / 4, n / 8, n / 16, 6].into_iter().filter(|k| (6..open.len()).contains(k));
        tried.extend(neighbours.map(|k| local(&self.y, open, k)));
        let best = tried.iter().map(|(_, error)| *error).fold(f64::INFINITY, f64::min);
        let enough = (1.3 * best).max(IMMATERIAL * self.tolerated).max(1.3 * scatter);
        let stiffest = tried.into_iter().find(|(_, error)| *error <= enough);
        Course { level: stiffest.map(|(level, _)| level).unwrap_or_default(), scatter }
    }
}

#[cfg(test)]
mod tests;
