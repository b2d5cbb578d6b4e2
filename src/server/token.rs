//! The secret in the URL: whoever has it was shown the URL.

use std::fmt::Write;
use std::hint::black_box;

use rand::TryRng;
use rand::rngs::SysRng;

use super::ServerError;

/// 128 random bits as 32 hexadecimal digits. Not `Debug`, so that it cannot slip into a message.
#[derive(Clone)]
pub(super) struct Token(String);

impl Token {
    /// A fresh one from the system's random numbers.
    pub fn random() -> Result<Self, ServerError> {
        let mut bytes = [0; 16];
        SysRng.try_fill_bytes(&mut bytes).map_err(|error| ServerError::Random(error.to_string()))?;
        let mut text = String::with_capacity(32);
        bytes.iter().try_for_each(|byte| write!(text, "{byte:02x}")).map_err(|e| ServerError::Random(e.to_string()))?;
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `given` is the token. Takes equally long wherever the first wrong digit stands.
    pub fn is(&self, given: &str) -> bool {
        let (ours, given) = (self.0.as_bytes(), given.as_bytes());
        let difference =
            ours.iter().enumerate().fold(u8::from(ours.len() != given.len()), |difference, (at, digit)| {
                black_box(difference | (digit ^ given.get(at).copied().unwrap_or(0)))
            });
        difference == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_is_the_token() {
        let token = Token::random().unwrap_or_else(|error| panic!("{error}"));
        let text = token.as_str().to_owned();
        assert_eq!(text.len(), 32);
        assert!(token.is(&text));
        let longer = format!("{text}0");
        for wrong in ["", &text[..31], &longer, &"0".repeat(32)] {
            assert!(!token.is(wrong), "{wrong}");
        }
        assert!(Token::random().is_ok_and(|other| other.as_str() != text));
    }
}
