//! Names that nobody should have to be afraid of.

use crate::random::Random;

/// As bytes: file names need not be UTF-8.
const NAMES: [&[u8]; 74] = [
    b"..",
    b".",
    b"../escaped",
    b"../../escaped",
    b"../../../escaped",
    b"/tmp/rails-escaped",
    b"a/../../escaped",
    b"a/b",
    b"..\\escaped",
    b"C:\\escaped",
    b"\\\\host\\share",
    b"a\nb",
    b"a\r\nb",
    b"a\rb",
    b"a\x1b[2Jb",
    b"a\x1b]0;title\x07b",
    b"\x1b[31mred",
    b"a\tb",
    b"a\x08b",
    b"\x7f",
    b"\xc2\x9b31m",
    b"\xc2\x85",
    "a\u{202e}gnp".as_bytes(),
    "\u{2066}x\u{2069}".as_bytes(),
    "\u{200f}x".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{feff}x".as_bytes(),
    "a\u{2028}b".as_bytes(),
    "\u{ad}".as_bytes(),
    b"CON",
    b"con.txt",
    b"NUL",
    b"COM1",
    b"lpt9.png",
    b"aux ",
    b"a.",
    b"a ",
    b" a",
    b"a...",
    b"...",
    b".hidden",
    b"-rf",
    b"--help",
    b"=1+1",
    b"+1",
    b"-1",
    b"@x",
    b"'a",
    b"\"a\"",
    b"\"",
    b"a,b",
    b"a;b",
    b"<script>alert(1)</script>",
    b"&amp;",
    b"a:b",
    b"a|b",
    b"a*b?",
    b"$HOME",
    b"`id`",
    b"%00",
    b"a%2fb",
    b"a#1",
    b"a#xywh=0,0,4,4",
    b"_removed",
    b"unknown",
    b"noise",
    b"cluster_0",
    b"rails-output.json",
    b"{kind}",
    b"\xff",
    b"a\xffb",
    b"\xc3\x28",
    b"",
    b" ",
];

/// A name and one that is easily taken for it.
#[derive(Debug, Clone)]
pub struct Hostile {
    pub name: Vec<u8>,
    pub twin: Vec<u8>,
}

impl Hostile {
    pub fn of(random: &mut Random) -> Self {
        let name = match random.below(8) {
            0 => vec![b'x'; *random.of_list(&[100, 101, 200, 255, 256, 300, 5000])],
            1 => "é".repeat(*random.of_list(&[50, 100, 127, 128])).into_bytes(),
            2 => [*random.of_list(&NAMES), b"/", *random.of_list(&NAMES)].concat(),
            3 => [*random.of_list(&NAMES), *random.of_list(&NAMES)].concat(),
            _ => random.of_list(&NAMES).to_vec(),
        };
        let twin = Self::twin(&name, random);
        Self { name, twin }
    }

    fn twin(name: &[u8], random: &mut Random) -> Vec<u8> {
        match random.below(9) {
            0 => name.to_ascii_uppercase(),
            1 => [name, b"."].concat(),
            2 => [name, b" "].concat(),
            3 => [b".", name].concat(),
            4 => name.iter().map(|byte| if b"/\\:*?\"<>|\n".contains(byte) { b'_' } else { *byte }).collect(),
            5 => String::from_utf8_lossy(name).replace('é', "e\u{301}").into_bytes(),
            6 => [name, b"y"].concat(),
            7 => [name, "\u{200b}".as_bytes()].concat(),
            _ => random.of_list(&NAMES).to_vec(),
        }
    }

    /// Both as text, as tables and documents hold them.
    pub fn texts(&self) -> [String; 2] {
        [&self.name, &self.twin].map(|name| String::from_utf8_lossy(name).into_owned())
    }

    /// Both as names of files, as far as a file may be called so.
    pub fn files(&self) -> Vec<Vec<u8>> {
        let may_be = |name: &&Vec<u8>| {
            !name.is_empty()
                && name.len() <= 240
                && !name.contains(&b'/')
                && !name.contains(&0)
                && !matches!(&name[..], b"." | b"..")
        };
        let mut files: Vec<Vec<u8>> = [&self.name, &self.twin].into_iter().filter(may_be).cloned().collect();
        files.dedup();
        files
    }
}
