//! The part of Python's pickle format that torch's state dicts use. Nothing is ever executed: a call to anything but
//! an ordered dict or a tensor becomes [`Value::Opaque`].
//!
//! Reference: `CPython`'s `Lib/pickletools.py` describes every opcode.

use std::collections::HashMap;

/// An error, a lowercase fragment.
pub(super) type WeightsResult<T> = Result<T, String>;

/// A view of a storage as an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TensorView {
    /// Which storage.
    pub key: String,
    /// `FloatStorage` and the like.
    pub kind: String,
    /// Position of the first element.
    pub offset: usize,
    pub shape: Vec<usize>,
    /// In elements.
    pub strides: Vec<usize>,
}

/// A Python object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    None,
    Int(i64),
    Text(String),
    /// The 10-byte magic number of old files is the only integer beyond 64 bits; little-endian.
    Long(Vec<u8>),
    Tuple(Vec<Value>),
    List(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    Global(String),
    /// A reference to a storage: its key and its class.
    Storage(String, String),
    Tensor(TensorView),
    /// Anything else; its class is not needed.
    Opaque,
}

/// Containers in containers, far beyond any checkpoint; a damaged or hostile file must not exhaust the stack.
const DEEPEST: usize = 24;
/// Values that may be copied, which lists of lists of lists multiply; a network of a thousand tensors copies some thousand.
const MOST_COPIED: usize = 4_000_000;

fn pay(copies: usize, value: &Value) -> WeightsResult<usize> {
    copies.checked_sub(value.size()).ok_or_else(|| "it repeats itself too often".to_owned())
}

/// What goes into a container leaves room for the container itself.
fn shallow(items: &[Value]) -> WeightsResult<()> {
    let deep = items.iter().any(|item| item.depth() >= DEEPEST);
    if deep { Err("it nests too deeply".to_owned()) } else { Ok(()) }
}

impl Value {
    /// Values and bytes of text from here on, about.
    fn size(&self) -> usize {
        match self {
            Self::Tuple(items) | Self::List(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Self::Dict(items) => 1 + items.iter().map(|(key, value)| key.size() + value.size()).sum::<usize>(),
            Self::Text(text) | Self::Global(text) => 1 + text.len(),
            Self::Long(bytes) => 1 + bytes.len(),
            Self::Storage(key, kind) => 1 + key.len() + kind.len(),
            Self::Tensor(view) => 1 + view.key.len() + view.kind.len() + view.shape.len() + view.strides.len(),
            Self::None | Self::Int(_) | Self::Opaque => 1,
        }
    }

    /// Containers from here to the innermost value.
    fn depth(&self) -> usize {
        match self {
            Self::Tuple(items) | Self::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Dict(items) => 1 + items.iter().map(|(key, value)| key.depth().max(value.depth())).max().unwrap_or(0),
            _ => 0,
        }
    }

    fn sizes(&self) -> WeightsResult<Vec<usize>> {
        let (Self::Tuple(items) | Self::List(items)) = self else { return Err("a shape is not a tuple".to_owned()) };
        items
            .iter()
            .map(|item| match item {
                Self::Int(n) => usize::try_from(*n).map_err(|_| "a negative size".to_owned()),
                _ => Err("a size is not a number".to_owned()),
            })
            .collect()
    }
}

/// Reads one pickle from the front of `bytes` and moves `bytes` behind it.
pub(super) fn read(bytes: &mut &[u8]) -> WeightsResult<Value> {
    Machine { input: bytes, stack: Vec::new(), marks: Vec::new(), memo: HashMap::new(), copies: MOST_COPIED }.run()
}

struct Machine<'a, 'b> {
    input: &'a mut &'b [u8],
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    /// What may still be copied into the memo and out of it.
    copies: usize,
}

impl<'b> Machine<'_, 'b> {
    fn take(&mut self, n: usize) -> WeightsResult<&'b [u8]> {
        let (taken, rest) = self.input.split_at_checked(n).ok_or("it ends too early")?;
        *self.input = rest;
        Ok(taken)
    }

    fn number<const N: usize>(&mut self) -> WeightsResult<u64> {
        let mut wide = [0; 8];
        wide[..N].copy_from_slice(self.take(N)?);
        Ok(u64::from_le_bytes(wide))
    }

    fn line(&mut self) -> WeightsResult<String> {
        let end = self.input.iter().position(|&byte| byte == b'\n').ok_or("it ends too early")?;
        let text = self.text(end)?;
        self.take(1)?;
        Ok(text)
    }

    fn text(&mut self, n: usize) -> WeightsResult<String> {
        Ok(String::from_utf8_lossy(self.take(n)?).into_owned())
    }

    fn pop(&mut self) -> WeightsResult<Value> {
        self.stack.pop().ok_or_else(|| "its stack runs empty".to_owned())
    }

    fn since_mark(&mut self) -> WeightsResult<Vec<Value>> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len()).ok_or("a mark is missing")?;
        Ok(self.stack.split_off(mark))
    }

    fn tuple_of(&mut self, n: usize) -> WeightsResult<Value> {
        let start = self.stack.len().checked_sub(n).ok_or("its stack runs empty")?;
        Ok(Value::Tuple(self.stack.split_off(start)))
    }

    fn remember(&mut self, slot: u32) -> WeightsResult<()> {
        let top = self.stack.last().ok_or("its stack runs empty")?;
        self.copies = pay(self.copies, top)?;
        self.memo.insert(slot, top.clone());
        Ok(())
    }

    fn recall(&mut self, slot: u64) -> WeightsResult<Value> {
        let known = u32::try_from(slot).ok().and_then(|slot| self.memo.get(&slot));
        let known = known.ok_or("it recalls what it never stored")?;
        self.copies = pay(self.copies, known)?;
        Ok(known.clone())
    }

    fn run(mut self) -> WeightsResult<Value> {
        loop {
            // The opcodes that state dicts use, as in Python's `pickletools`; nothing is ever executed.
            let value = match self.number::<1>()? as u8 {
                b'.' => return self.pop(),
                // Protocol and frame lengths say nothing about the values.
                0x80 => self.take(1).map(|_| None)?,
                0x95 => self.take(8).map(|_| None)?,
                b'(' => {
                    self.marks.push(self.stack.len());
                    None
                }
                b'0' => self.pop().map(|_| None)?,
                b'}' => Some(Value::Dict(Vec::new())),
                b']' => Some(Value::List(Vec::new())),
                b')' => Some(Value::Tuple(Vec::new())),
                b'N' => Some(Value::None),
                b't' => Some(Value::Tuple(self.since_mark()?)),
                b'l' => Some(Value::List(self.since_mark()?)),
                code @ 0x85..=0x87 => Some(self.tuple_of(usize::from(code - 0x84))?),
                0x88 => Some(Value::Int(1)),
                0x89 => Some(Value::Int(0)),
                b'K' => Some(Value::Int(self.number::<1>()?.cast_signed())),
                b'M' => Some(Value::Int(self.number::<2>()?.cast_signed())),
                b'J' => Some(Value::Int(i64::from((self.number::<4>()? as u32).cast_signed()))),
                0x8a => Some(self.long()?),
                b'G' => self.take(8).map(|_| Some(Value::Opaque))?,
                b'X' | b'T' | b'B' => {
                    let n = self.number::<4>()? as usize;
                    Some(Value::Text(self.text(n)?))
                }
                0x8c | b'U' | b'C' => {
                    let n = self.number::<1>()? as usize;
                    Some(Value::Text(self.text(n)?))
                }
                b'q' => {
                    let slot = self.number::<1>()? as u32;
                    self.remember(slot).map(|()| None)?
                }
                b'r' => {
                    let slot = self.number::<4>()? as u32;
                    self.remember(slot).map(|()| None)?
                }
                0x94 => self.remember(self.memo.len() as u32).map(|()| None)?,
                b'h' => {
                    let slot = self.number::<1>()?;
                    Some(self.recall(slot)?)
                }
                b'j' => {
                    let slot = self.number::<4>()?;
                    Some(self.recall(slot)?)
                }
                b'c' => Some(Value::Global(format!("{}.{}", self.line()?, self.line()?))),
                0x93 => match (self.pop()?, self.pop()?) {
                    (Value::Text(name), Value::Text(module)) => Some(Value::Global(format!("{module}.{name}"))),
                    _ => return Err("a class without a name".to_owned()),
                },
                b'Q' => Some(storage(self.pop()?)?),
                b'R' | 0x81 => {
                    let (arguments, callee) = (self.pop()?, self.pop()?);
                    Some(call(&callee, arguments)?)
                }
                b'b' => self.pop().map(|_| None)?,
                b's' => {
                    let (value, key) = (self.pop()?, self.pop()?);
                    self.extend_dict(vec![key, value]).map(|()| None)?
                }
                b'u' => {
                    let items = self.since_mark()?;
                    self.extend_dict(items).map(|()| None)?
                }
                b'a' => {
                    let item = self.pop()?;
                    self.extend_list(vec![item]).map(|()| None)?
                }
                b'e' => {
                    let items = self.since_mark()?;
                    self.extend_list(items).map(|()| None)?
                }
                code => return Err(format!("it uses opcode {code:#04x}, which state dicts do not")),
            };
            if value.as_ref().is_some_and(|value| value.depth() > DEEPEST) {
                return Err("it nests too deeply".to_owned());
            }
            self.stack.extend(value);
        }
    }

    fn long(&mut self) -> WeightsResult<Value> {
        let n = self.number::<1>()? as usize;
        let bytes = self.take(n)?;
        if n > 8 {
            return Ok(Value::Long(bytes.to_vec()));
        }
        let sign = if bytes.last().is_some_and(|&byte| byte >= 0x80) { 0xff } else { 0 };
        let mut wide = [sign; 8];
        wide[..n].copy_from_slice(bytes);
        Ok(Value::Int(i64::from_le_bytes(wide)))
    }

    fn extend_dict(&mut self, items: Vec<Value>) -> WeightsResult<()> {
        shallow(&items)?;
        match self.stack.last_mut() {
            Some(Value::Dict(dict)) => {
                let mut items = items.into_iter();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    dict.push((key, value));
                }
                Ok(())
            }
            Some(Value::Opaque) => Ok(()),
            _ => Err("items for what is no dict".to_owned()),
        }
    }

    fn extend_list(&mut self, items: Vec<Value>) -> WeightsResult<()> {
        shallow(&items)?;
        match self.stack.last_mut() {
            Some(Value::List(list)) => {
                list.extend(items);
                Ok(())
            }
            Some(Value::Opaque) => Ok(()),
            _ => Err("items for what is no list".to_owned()),
        }
    }
}

/// `("storage", class, key, location, size)` as torch saves it.
fn storage(saved: Value) -> WeightsResult<Value> {
    let Value::Tuple(parts) = saved else { return Err("a storage that is not a tuple".to_owned()) };
    match parts.as_slice() {
        [Value::Text(_), Value::Global(class), Value::Text(key), ..] => {
            Ok(Value::Storage(key.clone(), class.rsplit('.').next().unwrap_or_default().to_owned()))
        }
        _ => Err("a storage of unknown form".to_owned()),
    }
}

fn call(callee: &Value, arguments: Value) -> WeightsResult<Value> {
    let (Value::Global(name), Value::Tuple(arguments)) = (callee, arguments) else { return Ok(Value::Opaque) };
    match (name.as_str(), arguments.as_slice()) {
        ("collections.OrderedDict", []) => Ok(Value::Dict(Vec::new())),
        ("torch._utils._rebuild_tensor_v2", [Value::Storage(key, kind), Value::Int(offset), shape, strides, ..]) => {
            Ok(Value::Tensor(TensorView {
                key: key.clone(),
                kind: kind.clone(),
                offset: usize::try_from(*offset).map_err(|_| "a negative offset".to_owned())?,
                shape: shape.sizes()?,
                strides: strides.sizes()?,
            }))
        }
        ("torch._utils._rebuild_parameter", [tensor @ Value::Tensor(_), ..]) => Ok(tensor.clone()),
        _ => Ok(Value::Opaque),
    }
}
