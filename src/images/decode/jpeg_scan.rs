//! Walks through the entropy-coded data of a JPEG, block by block, to see whether the whole picture is there.
//!
//! Decoders fill what is missing with grey and say nothing, and an end marker proves nothing: it is missing from whole
//! pictures and present in halves. Coefficients are not computed; a walk costs a part of decoding.
//!
//! Reference: ITU-T T.81, sections F.2 (sequential) and G.2 (progressive).

use crate::images::DecodeError;

/// Whether every block of every scan is there. Kinds that no decoder here reads are not looked at.
///
/// # Errors
/// When data ends before the last block, a scan that refines the picture is missing, or a code is none.
pub(in crate::images) fn check(bytes: &[u8]) -> Result<(), DecodeError> {
    let mut picture = Picture::default();
    let mut at = 2;
    let mut scans = 0;
    while let Some((marker, body)) = segment(bytes, &mut at) {
        match marker {
            0xD9 => break,
            0xC4 => picture.read_tables(body).ok_or_else(|| corrupt("a code table is damaged"))?,
            0xC0..=0xC2 => picture.read_frame(body, marker == 0xC2).ok_or_else(|| corrupt("its header is damaged"))?,
            // Lossless, hierarchical and arithmetic kinds: the decoder says that it knows none.
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => return Ok(()),
            0xDD => picture.restart = body.get(..2).map_or(0, |n| usize::from(n[0]) << 8 | usize::from(n[1])),
            0xDA => {
                if picture.components.is_empty() {
                    return Err(corrupt("a scan stands before its header"));
                }
                let scan = Scan::read(body, &picture).ok_or_else(|| corrupt("the head of a scan is damaged"))?;
                at += scan.walk(&mut picture, bytes.get(at..).unwrap_or_default())?;
                scans += 1;
            }
            _ => {}
        }
    }
    let finest = |component: &Component| component.finished == u64::MAX;
    if scans == 0 || !picture.components.iter().all(finest) {
        return Err(truncated("its picture ends too early"));
    }
    Ok(())
}

/// The next marker at or behind `at`, and what belongs to it; `at` then lies behind that.
fn segment<'a>(bytes: &'a [u8], at: &mut usize) -> Option<(u8, &'a [u8])> {
    loop {
        match (bytes.get(*at)?, bytes.get(*at + 1)?) {
            // Between segments lie fill bytes, or what is left of a scan.
            (0xFF, marker @ (1..=0xCF | 0xD8..=0xFE)) => {
                let marker = *marker;
                *at += 2;
                if matches!(marker, 1 | 0xD8 | 0xD9) {
                    return Some((marker, &[]));
                }
                let length = usize::from(*bytes.get(*at)?) << 8 | usize::from(*bytes.get(*at + 1)?);
                let body = bytes.get(*at + 2..(*at + length.max(2)).min(bytes.len()))?;
                *at += length.max(2);
                return Some((marker, body));
            }
            _ => *at += 1,
        }
    }
}

#[derive(Default)]
struct Picture {
    progressive: bool,
    width: usize,
    height: usize,
    components: Vec<Component>,
    /// Of direct and of alternating coefficients, four each.
    tables: [[Option<Codes>; 4]; 2],
    /// Groups of blocks between restart markers; 0 for none.
    restart: usize,
}

struct Component {
    id: u8,
    across: usize,
    down: usize,
    /// Blocks in a row and rows of blocks, as many as whole groups need.
    blocks: (usize, usize),
    /// Coefficients that were read to their last bit.
    finished: u64,
    /// Coefficients of each block that are not zero: what progressive refinements look at.
    nonzero: Vec<u64>,
}

impl Picture {
    fn read_frame(&mut self, body: &[u8], progressive: bool) -> Option<()> {
        let [_, h1, h0, w1, w0, n, rest @ ..] = body else { return None };
        let number = |high: u8, low: u8| usize::from(high) << 8 | usize::from(low);
        (self.progressive, self.height, self.width) = (progressive, number(*h1, *h0), number(*w1, *w0));
        let described: Vec<(u8, usize, usize)> = rest
            .as_chunks::<3>()
            .0
            .iter()
            .take(usize::from(*n))
            .map(|[id, factors, _]| (*id, usize::from(factors >> 4), usize::from(factors & 15)))
            .collect();
        let valid = |(_, across, down): &(u8, usize, usize)| (1..=4).contains(across) && (1..=4).contains(down);
        if described.len() != usize::from(*n) || described.is_empty() || !described.iter().all(valid) {
            return None;
        }
        // A height that follows in a later marker is known to nobody yet.
        if self.width * self.height == 0 {
            return None;
        }
        let most = |of: fn(&(u8, usize, usize)) -> usize| described.iter().map(of).max().unwrap_or(1);
        let (across, down) = (most(|one| one.1), most(|one| one.2));
        let groups = (self.width.div_ceil(8 * across), self.height.div_ceil(8 * down));
        self.components = described
            .iter()
            .map(|&(id, h, v)| {
                let blocks = (groups.0 * h, groups.1 * v);
                let nonzero = vec![0; if progressive { blocks.0 * blocks.1 } else { 0 }];
                Component { id, across: h, down: v, blocks, finished: 0, nonzero }
            })
            .collect();
        Some(())
    }

    fn read_tables(&mut self, mut body: &[u8]) -> Option<()> {
        while let [head, rest @ ..] = body {
            let (counts, values) = rest.split_at_checked(16)?;
            let n = counts.iter().map(|count| usize::from(*count)).sum();
            let (values, after) = values.split_at_checked(n)?;
            let table = self.tables.get_mut(usize::from(head >> 4))?.get_mut(usize::from(head & 15))?;
            *table = Some(Codes::new(counts, values));
            body = after;
        }
        Some(())
    }

    /// Blocks of a component that lie in the picture: what a scan of it alone holds.
    fn own_blocks(&self, component: &Component) -> (usize, usize) {
        let most = |of: fn(&Component) -> usize| self.components.iter().map(of).max().unwrap_or(1);
        let (across, down) = (most(|one| one.across), most(|one| one.down));
        let blocks = |pixels: usize, own: usize, most: usize| (pixels * own).div_ceil(8 * most);
        (blocks(self.width, component.across, across), blocks(self.height, component.down, down))
    }
}

/// A code table: short codes are looked up, long ones walked.
struct Codes {
    /// Length and value of the code that the next eight bits start with; length 0 where it is longer.
    short: Vec<(u8, u8)>,
    /// The largest code of each length, left-aligned to 16 bits and exclusive, and what to add for its value's place.
    limits: [(u32, i64); 17],
    values: Vec<u8>,
}

impl Codes {
    fn new(counts: &[u8], values: &[u8]) -> Self {
        let mut short = vec![(0, 0); 256];
        let mut limits = [(0, 0); 17];
        let (mut code, mut place) = (0_u32, 0_u16);
        for length in 1..=16 {
            let n = u16::from(counts[length - 1]);
            limits[length].1 = i64::from(place) - i64::from(code);
            for value in &values[usize::from(place)..usize::from(place + n)] {
                if length <= 8 {
                    let first = (code << (8 - length)) as usize;
                    short
                        .iter_mut()
                        .skip(first)
                        .take(1 << (8 - length))
                        .for_each(|entry| *entry = (length as u8, *value));
                }
                code += 1;
            }
            place += n;
            limits[length].0 = code << (16 - length);
            code <<= 1;
        }
        Self { short, limits, values: values.to_vec() }
    }
}

/// Bits of entropy-coded data, up to the next marker.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    held: u64,
    n: u32,
}

/// Why a walk stopped.
enum Stop {
    NoData,
    NoCode,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.n <= 48 {
            let byte = match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
                (Some(0xFF), Some(0)) => {
                    self.at += 2;
                    0xFF
                }
                (Some(0xFF), Some(0xFF)) => {
                    self.at += 1;
                    continue;
                }
                (Some(0xFF) | None, _) => return,
                (Some(byte), _) => {
                    self.at += 1;
                    *byte
                }
            };
            self.held = self.held << 8 | u64::from(byte);
            self.n += 8;
        }
    }

    /// The next 16 bits, with zeros behind the last.
    fn peek(&mut self) -> u32 {
        if self.n < 16 {
            self.fill();
        }
        if self.n >= 16 {
            (self.held >> (self.n - 16)) as u32 & 0xFFFF
        } else {
            (self.held << (16 - self.n)) as u32 & 0xFFFF
        }
    }

    fn skip(&mut self, bits: u32) -> Result<(), Stop> {
        if self.n < bits {
            self.fill();
        }
        self.n = self.n.checked_sub(bits).ok_or(Stop::NoData)?;
        self.held &= (1 << self.n) - 1;
        Ok(())
    }

    fn take(&mut self, bits: u32) -> Result<u32, Stop> {
        let ahead = self.peek();
        self.skip(bits)?;
        Ok(if bits == 0 { 0 } else { ahead >> (16 - bits) })
    }

    fn code(&mut self, codes: &Codes) -> Result<u8, Stop> {
        let ahead = self.peek();
        let (length, value) = codes.short[(ahead >> 8) as usize];
        if length > 0 {
            self.skip(u32::from(length))?;
            return Ok(value);
        }
        for length in 9..=16 {
            let (limit, add) = codes.limits[length];
            if ahead < limit {
                self.skip(length as u32)?;
                let place = i64::from(ahead >> (16 - length)) + add;
                return usize::try_from(place)
                    .ok()
                    .and_then(|place| codes.values.get(place))
                    .copied()
                    .ok_or(Stop::NoCode);
            }
        }
        // Zeros or ones behind the last byte are no code either.
        Err(if self.n < 16 { Stop::NoData } else { Stop::NoCode })
    }

    /// Goes behind the restart marker that must follow.
    fn restart(&mut self) -> Result<(), Stop> {
        (self.held, self.n) = (0, 0);
        while self.bytes.get(self.at) == Some(&0xFF) && self.bytes.get(self.at + 1) == Some(&0xFF) {
            self.at += 1;
        }
        match self.bytes.get(self.at..self.at + 2) {
            Some([0xFF, 0xD0..=0xD7]) => self.at += 2,
            Some([0xFF, _]) | None => return Err(Stop::NoData),
            Some(_) => return Err(Stop::NoCode),
        }
        Ok(())
    }
}

/// One pass through some of the components.
struct Scan {
    /// Number of each component, and of its two tables.
    parts: Vec<(usize, usize, usize)>,
    first: u32,
    last: u32,
    /// Whether bits are added to what earlier scans gave.
    refines: bool,
    /// The lowest bit it gives.
    low: u32,
}

impl Scan {
    fn read(body: &[u8], picture: &Picture) -> Option<Self> {
        let [n, rest @ ..] = body else { return None };
        let (parts, rest) = rest.split_at_checked(2 * usize::from(*n))?;
        let parts = parts.as_chunks::<2>().0.iter().map(|[id, tables]| {
            let component = picture.components.iter().position(|component| component.id == *id)?;
            Some((component, usize::from(tables >> 4) & 3, usize::from(tables & 15) & 3))
        });
        let parts: Vec<_> = parts.collect::<Option<_>>()?;
        let [first, last, bits, ..] = rest else { return None };
        let (first, last) = if picture.progressive { (u32::from(*first), u32::from(*last)) } else { (0, 63) };
        let (high, low) = if picture.progressive { (bits >> 4, bits & 15) } else { (0, 0) };
        let valid = !parts.is_empty() && first <= last && last < 64 && (first == 0 || parts.len() == 1);
        valid.then_some(Self { parts, first, last, refines: high > 0, low: u32::from(low) })
    }

    /// Goes through the scan's data at the start of `bytes`; gives how many bytes that were.
    fn walk(&self, picture: &mut Picture, bytes: &[u8]) -> Result<usize, DecodeError> {
        let first = &picture.components[self.parts[0].0];
        let alone = self.parts.len() == 1;
        let groups = if alone {
            picture.own_blocks(first)
        } else {
            (first.blocks.0 / first.across, first.blocks.1 / first.down)
        };
        let mut components = std::mem::take(&mut picture.components);
        let mut bits = Bits { bytes, at: 0, held: 0, n: 0 };
        let mut run = 0;
        let n = groups.0 * groups.1;
        for group in 0..n {
            let done = (|| {
                if picture.restart > 0 && group > 0 && group % picture.restart == 0 {
                    bits.restart()?;
                    run = 0;
                }
                let (x, y) = (group % groups.0, group / groups.0);
                for &(component, direct, alternating) in &self.parts {
                    let component = &mut components[component];
                    let tables = (picture.tables[0][direct].as_ref(), picture.tables[1][alternating].as_ref());
                    let (across, down) = if alone { (1, 1) } else { (component.across, component.down) };
                    for block in 0..across * down {
                        let place = (y * down + block / across) * component.blocks.0 + x * across + block % across;
                        let mut none = 0;
                        let nonzero = component.nonzero.get_mut(place).unwrap_or(&mut none);
                        self.block(&mut bits, tables, nonzero, &mut run, picture.progressive)?;
                    }
                }
                Ok(())
            })();
            match done {
                Ok(()) => {}
                Err(Stop::NoData) => return Err(truncated_at(group, n)),
                Err(Stop::NoCode) => {
                    return Err(corrupt(&format!("a code is none after {group} of {n} groups of blocks")));
                }
            }
        }
        if self.low == 0 {
            let read = (self.first..=self.last).fold(0, |read, coefficient| read | 1 << coefficient);
            for &(component, ..) in &self.parts {
                components[component].finished |= read;
            }
        }
        picture.components = components;
        Ok(bits.at)
    }

    /// One block; `run` counts the blocks to come that hold nothing new.
    fn block(
        &self,
        bits: &mut Bits<'_>,
        (direct, alternating): (Option<&Codes>, Option<&Codes>),
        nonzero: &mut u64,
        run: &mut u32,
        progressive: bool,
    ) -> Result<(), Stop> {
        let mut at = self.first;
        if at == 0 {
            if self.refines {
                bits.skip(1)?;
            } else {
                let size = u32::from(bits.code(direct.ok_or(Stop::NoCode)?)?);
                if size > 16 {
                    return Err(Stop::NoCode);
                }
                bits.skip(size)?;
            }
            if progressive {
                return Ok(());
            }
            at = 1;
        }
        let codes = alternating.ok_or(Stop::NoCode)?;
        let refine =
            |bits: &mut Bits<'_>, nonzero: u64, at: u32| if nonzero >> at & 1 == 1 { bits.skip(1) } else { Ok(()) };
        if *run > 0 {
            *run -= 1;
            if self.refines {
                for at in at..=self.last {
                    refine(bits, *nonzero, at)?;
                }
            }
            return Ok(());
        }
        while at <= self.last {
            let code = bits.code(codes)?;
            let (mut zeros, size) = (u32::from(code >> 4), u32::from(code & 15));
            if size == 0 && zeros < 15 {
                // In sequential data only 0 ends a block; others are taken for it, as decoders do.
                let blocks = if progressive && zeros > 0 { (1 << zeros) + bits.take(zeros)? } else { 1 };
                *run = if progressive { blocks - 1 } else { 0 };
                if self.refines {
                    for at in at..=self.last {
                        refine(bits, *nonzero, at)?;
                    }
                }
                return Ok(());
            }
            bits.skip(size)?;
            if self.refines {
                // Zeros are counted; what was not zero before is refined on the way.
                while at <= self.last {
                    if *nonzero >> at & 1 == 1 {
                        bits.skip(1)?;
                    } else if zeros == 0 {
                        break;
                    } else {
                        zeros -= 1;
                    }
                    at += 1;
                }
            } else {
                at += zeros;
            }
            if size > 0 && at <= self.last {
                *nonzero |= 1 << at;
            }
            at += 1;
        }
        Ok(())
    }
}

fn truncated(detail: &'static str) -> DecodeError {
    DecodeError::Truncated { format: "JPEG", detail }
}

/// Half a picture and one without its last block are told apart.
fn truncated_at(group: usize, n: usize) -> DecodeError {
    if 10 * group < 9 * n {
        truncated("its picture ends too early")
    } else {
        truncated("the last rows of its picture are missing")
    }
}

fn corrupt(detail: &str) -> DecodeError {
    DecodeError::Corrupt { format: "JPEG", detail: detail.to_owned() }
}
