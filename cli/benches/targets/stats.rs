//! Medians and percentiles.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is measured is far from the ends of these types"
)]

use std::time::Duration;

/// One number of each run.
#[derive(Default)]
pub struct Runs(Vec<f64>);

impl Runs {
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn range(&self) -> (f64, f64) {
        self.0.iter().fold((f64::INFINITY, 0.0), |(low, high), v| (v.min(low), v.max(high)))
    }

    /// The median, least and most, with so many digits after the point.
    pub fn show(&self, digits: usize, unit: &str) -> String {
        let ((low, high), median) = (self.range(), self.median());
        format!("{median:.digits$} ({low:.digits$}–{high:.digits$}){unit}")
    }
}

/// How long things took.
#[derive(Default)]
pub struct Took(Vec<u32>);

impl Took {
    pub fn push(&mut self, took: Duration) {
        self.0.push(took.as_micros() as u32);
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// In milliseconds; sorts on the way.
    pub fn percentile(&mut self, share: f64) -> f64 {
        self.0.sort_unstable();
        let at = (self.0.len() as f64 * share) as usize;
        self.0.get(at.min(self.0.len().saturating_sub(1))).map_or(f64::NAN, |us| f64::from(*us) / 1_000.0)
    }
}

pub fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

pub fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

pub fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}
