//! The size of each step: up along a line, down along a half cosine (Loshchilov and Hutter, ICLR 2017).

/// Learning-rate schedule: linear warm-up, then half a cosine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WarmUpCosine {
    /// Steps of all epochs.
    pub steps: usize,
    /// Steps in which the size rises.
    pub warm_up: usize,
}

impl WarmUpCosine {
    /// Share of the highest size at `step`, counted from 0; in `0.0..=1.0`.
    pub fn at(self, step: usize) -> f64 {
        if step < self.warm_up {
            return (step + 1) as f64 / (self.warm_up + 1) as f64;
        }
        let falling = (self.steps - self.warm_up.min(self.steps)).max(1);
        let done = (step - self.warm_up) as f64 / falling as f64;
        f64::midpoint(1.0, (std::f64::consts::PI * done.min(1.0)).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_rise_then_fall() {
        let schedule = WarmUpCosine { steps: 10, warm_up: 3 };
        let rates: Vec<f64> = (0..10).map(|step| schedule.at(step)).collect();
        assert_eq!(rates[..4], [0.25, 0.5, 0.75, 1.0]);
        assert!(rates[3..].windows(2).all(|pair| pair[0] > pair[1]), "{rates:?}");
        assert!(rates[9] > 0.0 && rates[9] < 0.06, "{rates:?}");
        assert_eq!(WarmUpCosine { steps: 4, warm_up: 0 }.at(2), 0.5);
        assert!(WarmUpCosine { steps: 2, warm_up: 5 }.at(1) < 1.0, "warm-up may be longer than training");
    }
}
