//! Where numbers that were read go: an array of one type, or a part of it with gaps between its rows.

use super::numbers::{Asked, NumberType};

/// Little-endian numbers of the type that is asked for, and how an array lies in them.
pub(super) struct Target<'a> {
    pub bytes: &'a mut [u8],
    pub asked: Asked,
    /// Numbers from one to the next, along every axis.
    pub strides: Vec<usize>,
    /// The number that the array starts at.
    pub offset: usize,
}

impl<'a> Target<'a> {
    /// The whole of `bytes`, of shape `count`, row after row.
    pub fn whole(bytes: &'a mut [u8], asked: Asked, count: &[u64]) -> Self {
        let mut strides = vec![1; count.len()];
        for d in (1..count.len()).rev() {
            strides[d - 1] = strides[d] * count[d] as usize;
        }
        Self { bytes, asked, strides, offset: 0 }
    }

    /// Where the number at `place` lies, counted in numbers.
    fn at(&self, place: &[u64]) -> usize {
        self.strides.iter().zip(place).fold(self.offset, |at, (stride, place)| at + stride * *place as usize)
    }

    /// Whether rows of this width lie one after the other.
    pub fn is_dense(&self, width: u64) -> bool {
        match *self.strides.as_slice() {
            [.., row, 1] => row == width as usize,
            [stride] => stride == 1,
            _ => false,
        }
    }

    /// The bytes of `numbers` that lie one after the other from `place` on.
    pub fn stretch(&mut self, place: &[u64], numbers: usize) -> &mut [u8] {
        let (at, size) = (self.at(place), self.asked.pixel.size());
        &mut self.bytes[at * size..(at + numbers) * size]
    }

    /// Writes one stored number everywhere in the box from `to` on.
    pub fn fill(&mut self, number: &NumberType, stored: &[u8], to: &[u64], count: &[u64]) {
        let mut one = [0; 8];
        let size = self.asked.pixel.size();
        number.convert(stored, self.asked, &mut one[..size]);
        let (Some((&width, outer)), Some(&step)) = (count.split_last(), self.strides.last()) else { return };
        for_each(outer, |place| {
            let at = self.row(to, place);
            for x in 0..width as usize {
                let at = (at + x * step) * size;
                self.bytes[at..at + size].copy_from_slice(&one[..size]);
            }
        });
    }

    /// Where the row at `place` starts, from `to` on.
    fn row(&self, to: &[u64], place: &[u64]) -> usize {
        self.at(to) + self.strides.iter().zip(place).map(|(stride, place)| stride * *place as usize).sum::<usize>()
    }
}

/// Writes the box of shape `count` at `from`, in stored numbers of shape `shape`, to `to` in the target.
pub(super) fn scatter(
    number: &NumberType,
    stored: &[u8],
    shape: &[u64],
    from: &[u64],
    count: &[u64],
    target: &mut Target<'_>,
    to: &[u64],
) {
    let (Some((&width, outer)), Some(&step)) = (count.split_last(), target.strides.last()) else { return };
    let (width, size, out) = (width as usize, number.size(), target.asked.pixel.size());
    for_each(outer, |place| {
        let source = (0..shape.len()).fold(0, |at, d| {
            at * shape[d] as usize + from[d] as usize + place.get(d).map_or(0, |place| *place as usize)
        });
        let row = &stored[source * size..(source + width) * size];
        let at = target.row(to, place);
        if step == 1 {
            number.convert(row, target.asked, &mut target.bytes[at * out..(at + width) * out]);
        } else {
            for (x, one) in row.chunks_exact(size).enumerate() {
                let at = (at + x * step) * out;
                number.convert(one, target.asked, &mut target.bytes[at..at + out]);
            }
        }
    });
}

/// Calls `work` with every place in an array of this shape, row by row.
pub(super) fn for_each(shape: &[u64], mut work: impl FnMut(&[u64])) {
    let mut place = vec![0; shape.len()];
    if shape.contains(&0) {
        return;
    }
    loop {
        work(&place);
        let Some(d) = (0..shape.len()).rev().find(|d| place[*d] + 1 < shape[*d]) else { return };
        place[d] += 1;
        place[d + 1..].fill(0);
    }
}
