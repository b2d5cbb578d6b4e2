//! A document as a tree that can be altered into what no honest writer makes, and written as JSON or TOML.

use serde_json::Value;

use crate::random::Random;

/// A value; other than honest ones it can name a key twice, and hold numbers and words that are none.
#[derive(Debug, Clone)]
pub enum Node {
    /// As it is written.
    Word(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        match value {
            Value::Array(list) => Self::List(list.iter().map(Self::from).collect()),
            Value::Object(map) => Self::Map(map.iter().map(|(key, value)| (key.clone(), value.into())).collect()),
            word => Self::Word(word.to_string()),
        }
    }
}

/// Words where another value stood.
const WORDS: [&str; 36] = [
    "0",
    "-1",
    "1",
    "-0.0",
    "0.5",
    "1e999",
    "-1e999",
    "1e308",
    "1e-320",
    "nan",
    "NaN",
    "inf",
    "Infinity",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999",
    "0x7fffffffffffffff",
    "1979-05-27",
    "true",
    "false",
    "null",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"../../../escaped\"",
    "\"/etc/passwd\"",
    "\"\\u202etxt\"",
    "\"\\u001b[2J\"",
    "\"a\\nb\"",
    "\"CON\"",
    "[]",
    "{}",
];

impl Node {
    /// Alters one to three things in it.
    pub fn altered(mut self, random: &mut Random) -> Self {
        for _ in 0..=random.below(3) {
            let at = random.below(self.size());
            let donor = self.nth(random.below(self.size())).clone();
            self.nth_mut(at).alter(donor, random);
        }
        self
    }

    /// The nodes of it, itself included.
    fn size(&self) -> usize {
        1 + self.children().map(Self::size).sum::<usize>()
    }

    fn children(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match self {
            Self::Word(_) => Box::new(std::iter::empty()),
            Self::List(list) => Box::new(list.iter()),
            Self::Map(map) => Box::new(map.iter().map(|(_, value)| value)),
        }
    }

    fn nth(&self, mut n: usize) -> &Self {
        if n == 0 {
            return self;
        }
        n -= 1;
        for child in self.children() {
            if n < child.size() {
                return child.nth(n);
            }
            n -= child.size();
        }
        self
    }

    fn nth_mut(&mut self, mut n: usize) -> &mut Self {
        if n == 0 {
            return self;
        }
        n -= 1;
        let sizes: Vec<usize> = self.children().map(Self::size).collect();
        let Some(which) = sizes.iter().position(|size| {
            let found = n < *size;
            n -= if found { 0 } else { *size };
            found
        }) else {
            return self;
        };
        match self {
            Self::Map(map) => map[which].1.nth_mut(n),
            Self::List(list) => list[which].nth_mut(n),
            Self::Word(_) => self,
        }
    }

    fn alter(&mut self, donor: Self, random: &mut Random) {
        match (random.below(10), &mut *self) {
            (0, Self::Map(map)) if !map.is_empty() => drop(map.remove(random.below(map.len()))),
            (1, Self::Map(map)) if !map.is_empty() => {
                let (key, _) = random.of_list(map).clone();
                map.push((key, donor));
            }
            (2, Self::Map(map)) => {
                map.push((random.of_list(&["x", "", "../x", "seed", "name", "kind"]).to_string(), donor));
            }
            (3, Self::Map(map)) if !map.is_empty() => {
                let at = random.below(map.len());
                map[at].0 = random.of_list(&["", "x", "é", "K", "a.b", "\u{0}"]).to_string();
            }
            (4, Self::List(list)) => list.clear(),
            (5, Self::List(list)) if !list.is_empty() => {
                let again = random.of_list(list).clone();
                list.extend(std::iter::repeat_n(again, *random.of_list(&[1, 2, 1000])));
            }
            (6, _) => *self = donor,
            (7, _) => *self = Self::nested(*random.of_list(&[2, 100, 200_000]), random),
            (8, _) => *self = Self::Word(format!("\"{}\"", "x".repeat(*random.of_list(&[300, 100_000])))),
            _ => *self = Self::Word((*random.of_list(&WORDS)).to_owned()),
        }
    }

    /// Lists or maps within each other, as text: deeper than what builds trees by recursion can bear.
    fn nested(depth: usize, random: &mut Random) -> Self {
        let (open, close) = if random.one_in(2) { ("[", "]") } else { ("{\"a\":", "}") };
        Self::Word(format!("{}1{}", open.repeat(depth), close.repeat(depth)))
    }

    pub fn to_json(&self) -> String {
        self.text(":")
    }

    /// As TOML, its sections as inline tables.
    pub fn to_toml(&self) -> String {
        match self {
            Self::Map(map) => map.iter().map(|(key, value)| format!("{}={}\n", quoted(key), value.text("="))).collect(),
            other => other.text("="),
        }
    }

    fn text(&self, equals: &str) -> String {
        let joined = |parts: Vec<String>| parts.join(",");
        match self {
            Self::Word(word) => word.clone(),
            Self::List(list) => format!("[{}]", joined(list.iter().map(|node| node.text(equals)).collect())),
            Self::Map(map) => {
                let pair = |(key, value): &(String, Self)| format!("{}{equals}{}", quoted(key), value.text(equals));
                format!("{{{}}}", joined(map.iter().map(pair).collect()))
            }
        }
    }
}

fn quoted(key: &str) -> String {
    Value::from(key).to_string()
}
