//! An image between two layers.

/// Values of shape `[height, width, channels]`, and one more pixel of zeros for what lies outside.
///
/// The buffer is kept when the shape changes, so a network allocates only for its first image.
#[derive(Debug, Clone, Default)]
pub(super) struct Map {
    buffer: Vec<f32>,
    height: usize,
    width: usize,
    channels: usize,
}

impl Map {
    /// Takes a new shape; values are arbitrary until written, see [`Map::close`].
    pub fn reshape(&mut self, height: usize, width: usize, channels: usize) {
        (self.height, self.width, self.channels) = (height, width, channels);
        let needed = (height * width + 1) * channels;
        if self.buffer.len() < needed {
            self.buffer.resize(needed, 0.0);
        }
    }

    /// Puts the zeros back behind values that were written.
    pub fn close(&mut self) {
        let end = self.height * self.width * self.channels;
        self.buffer[end..end + self.channels].fill(0.0);
    }

    pub fn height(&self) -> usize {
        self.height
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Shape `[height, width, channels]`.
    pub fn values(&self) -> &[f32] {
        &self.buffer[..self.height * self.width * self.channels]
    }

    /// Shape `[height, width, channels]`.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.buffer[..self.height * self.width * self.channels]
    }

    /// The values and the pixel of zeros.
    pub fn with_zeros(&self) -> &[f32] {
        &self.buffer[..(self.height * self.width + 1) * self.channels]
    }
}
