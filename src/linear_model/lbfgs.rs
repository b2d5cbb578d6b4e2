//! Limited-memory BFGS: the least of a smooth convex function from its values and gradients.
//!
//! Reference: Nocedal, "Updating quasi-Newton matrices with limited storage", Mathematics of Computation 1980.
//! Steps are halved until they pay (Armijo); a step of curvature 0 is not remembered.

use std::collections::VecDeque;

/// Steps remembered.
const MEMORY: usize = 8;
/// Share of the promised decrease that a step must bring.
const ARMIJO: f64 = 1e-4;
/// Halvings of a step before the function counts as flat.
const HALVINGS: usize = 30;

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub struct Stop {
    /// The largest entry of the gradient, without its sign, is at most this.
    pub gradient: f64,
    /// Steps at most.
    pub steps: usize,
}

/// A remembered step: the move, the change of the gradient, and 1 over their product.
struct Step {
    moved: Vec<f64>,
    change: Vec<f64>,
    inverse: f64,
}

/// Where `function` is least, from `start`. It answers its value and writes its gradient into the second argument.
pub(super) fn minimise(
    mut start: Vec<f64>,
    stop: Stop,
    function: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
) -> Vec<f64> {
    let mut gradient = vec![0.0; start.len()];
    let mut value = function(&start, &mut gradient);
    let mut memory: VecDeque<Step> = VecDeque::with_capacity(MEMORY);
    let mut next = vec![0.0; start.len()];
    let mut next_gradient = vec![0.0; start.len()];
    for _ in 0..stop.steps {
        if gradient.iter().all(|g| g.abs() <= stop.gradient) {
            break;
        }
        let direction = direction(&gradient, &memory);
        let slope = dot(&direction, &gradient);
        let mut length = if memory.is_empty() { 1.0 / dot(&gradient, &gradient).sqrt().max(1.0) } else { 1.0 };
        let mut paid = false;
        for _ in 0..HALVINGS {
            for ((next, at), direction) in next.iter_mut().zip(&start).zip(&direction) {
                *next = at + length * direction;
            }
            let next_value = function(&next, &mut next_gradient);
            if next_value <= value + ARMIJO * length * slope {
                value = next_value;
                paid = true;
                break;
            }
            length *= 0.5;
        }
        if !paid {
            break;
        }
        remember(&mut memory, difference(&next, &start), difference(&next_gradient, &gradient));
        std::mem::swap(&mut start, &mut next);
        std::mem::swap(&mut gradient, &mut next_gradient);
    }
    start
}

/// The two-loop recursion: downhill, as the remembered steps bend it.
fn direction(gradient: &[f64], memory: &VecDeque<Step>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(memory.len());
    for step in memory.iter().rev() {
        let share = step.inverse * dot(&step.moved, &direction);
        add(&mut direction, -share, &step.change);
        shares.push(share);
    }
    if let Some(last) = memory.back() {
        let scale = 1.0 / (last.inverse * dot(&last.change, &last.change));
        for value in &mut direction {
            *value *= scale;
        }
    }
    for (step, share) in memory.iter().zip(shares.into_iter().rev()) {
        let correction = share - step.inverse * dot(&step.change, &direction);
        add(&mut direction, correction, &step.moved);
    }
    direction
}

fn remember(memory: &mut VecDeque<Step>, moved: Vec<f64>, change: Vec<f64>) {
    let curvature = dot(&moved, &change);
    if curvature <= 1e-12 * dot(&change, &change) {
        return;
    }
    if memory.len() == MEMORY {
        memory.pop_front();
    }
    memory.push_back(Step { moved, change, inverse: 1.0 / curvature });
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], times: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += times * what);
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_bottom_of_a_narrow_valley() {
        let mut rosenbrock = |x: &[f64], gradient: &mut [f64]| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            gradient[0] = -2.0 * a - 400.0 * x[0] * b;
            gradient[1] = 200.0 * b;
            a * a + 100.0 * b * b
        };
        let found = minimise(vec![-1.2, 1.0], Stop { gradient: 1e-9, steps: 500 }, &mut rosenbrock);
        assert!((found[0] - 1.0).abs() < 1e-6 && (found[1] - 1.0).abs() < 1e-6, "{found:?}");
    }

    #[test]
    fn a_flat_function_is_left_where_it_is() {
        let mut flat = |_: &[f64], gradient: &mut [f64]| {
            gradient.fill(0.0);
            1.0
        };
        assert_eq!(minimise(vec![3.0], Stop { gradient: 0.0, steps: 9 }, &mut flat), [3.0]);
    }
}
