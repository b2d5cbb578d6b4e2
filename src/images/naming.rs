//! File names carry knowledge: `{sensor}_{sid}_{name}_C` turns `dale_1070_frame_002133_C` into three fields.
//!
//! Literal parts must match, every field takes at least one character, and fields are as short as the name allows,
//! decided from left to right; `row` and `column` take digits only. What follows the last field is anchored at the end of the name.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A template such as `{sensor}_{sid}_{name}_C`; applies to a file name without its extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NamingTemplate {
    text: String,
    /// The text before the first field.
    prefix: String,
    /// Each field with the literal that follows it; only the last literal may be empty.
    fields: Vec<(String, String)>,
}

/// Why a text is no naming template. Columns are counted in characters, from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NamingError {
    /// A `{` without its `}`.
    #[error("column {column}: `{{` is never closed in the naming template `{template}`")]
    Unclosed { column: usize, template: String },
    /// A `}` without its `{`.
    #[error("column {column}: `}}` closes nothing in the naming template `{template}`")]
    Unopened { column: usize, template: String },
    /// `{}`.
    #[error("column {column}: a field without a name in the naming template `{template}`")]
    Empty { column: usize, template: String },
    /// A name with anything but letters, digits, `_` and `-`.
    #[error("column {column}: `{field}` is no field name in the naming template `{template}`")]
    Name { column: usize, field: String, template: String },
    /// The same field twice.
    #[error("column {column}: the field `{field}` stands twice in the naming template `{template}`")]
    Duplicate { column: usize, field: String, template: String },
    /// `{a}{b}`: nobody could say where one ends.
    #[error("column {column}: nothing separates the field `{field}` from the one before in `{template}`")]
    Adjacent { column: usize, field: String, template: String },
    /// Only literal text.
    #[error("no field in the naming template `{template}`")]
    NoField { template: String },
}

impl NamingError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some("write fields in braces with text between them, such as `{sensor}_{sid}_{name}_C`".to_owned())
    }
}

impl NamingTemplate {
    /// The names of the fields, in the order of the template.
    pub fn field_names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    /// The fields of a file name without extension; `None` where it does not match.
    #[must_use]
    pub fn fields(&self, stem: &str) -> Option<BTreeMap<String, String>> {
        let rest = stem.strip_prefix(self.prefix.as_str())?;
        Some(values(&self.fields, rest)?.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// Fields that are numbers: their values are digits.
const NUMBERS: [&str; 2] = ["row", "column"];

/// The values of `fields` in `rest`, each as short as it can be.
fn values<'a>(fields: &'a [(String, String)], rest: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let ((name, literal), more) = fields.split_first()?;
    let fits = |value: &str| !NUMBERS.contains(&name.as_str()) || value.bytes().all(|byte| byte.is_ascii_digit());
    if more.is_empty() {
        let value = rest.strip_suffix(literal.as_str()).filter(|value| !value.is_empty() && fits(value))?;
        return Some(vec![(name, value)]);
    }
    let first = rest.chars().next()?.len_utf8();
    let mut ends = rest[first..].match_indices(literal.as_str()).map(|(at, _)| first + at);
    ends.find_map(|end| {
        if !fits(&rest[..end]) {
            return None;
        }
        let mut found = values(more, &rest[end + literal.len()..])?;
        found.push((name, &rest[..end]));
        Some(found)
    })
}

impl FromStr for NamingTemplate {
    type Err = NamingError;

    fn from_str(text: &str) -> Result<Self, NamingError> {
        let template = || text.to_owned();
        let mut prefix = String::new();
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut characters = (1..).zip(text.chars());
        while let Some((column, character)) = characters.next() {
            match character {
                '{' => {
                    let mut field = String::new();
                    loop {
                        match characters.next() {
                            Some((_, '}')) => break,
                            None | Some((_, '{')) => {
                                return Err(NamingError::Unclosed { column, template: template() });
                            }
                            Some((_, c)) => field.push(c),
                        }
                    }
                    if field.is_empty() {
                        return Err(NamingError::Empty { column, template: template() });
                    }
                    if !field.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
                        return Err(NamingError::Name { column, field, template: template() });
                    }
                    if fields.iter().any(|(known, _)| *known == field) {
                        return Err(NamingError::Duplicate { column, field, template: template() });
                    }
                    // Two fields side by side: no name says where one ends.
                    if fields.last().is_some_and(|(_, literal)| literal.is_empty()) {
                        return Err(NamingError::Adjacent { column, field, template: template() });
                    }
                    fields.push((field, String::new()));
                }
                '}' => return Err(NamingError::Unopened { column, template: template() }),
                literal => fields.last_mut().map_or(&mut prefix, |(_, after)| after).push(literal),
            }
        }
        if fields.is_empty() {
            return Err(NamingError::NoField { template: template() });
        }
        Ok(Self { text: template(), prefix, fields })
    }
}

impl fmt::Display for NamingTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for NamingTemplate {
    type Error = NamingError;

    fn try_from(text: String) -> Result<Self, NamingError> {
        text.parse()
    }
}

impl From<NamingTemplate> for String {
    fn from(template: NamingTemplate) -> String {
        template.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn template(text: &str) -> NamingTemplate {
        text.parse().unwrap()
    }

    fn pairs(template: &NamingTemplate, stem: &str) -> Option<Vec<(String, String)>> {
        template.fields(stem).map(|fields| fields.into_iter().collect())
    }

    #[test]
    fn the_reference_name() {
        let fields = template("{tenant}_{sid}_{name}_C").fields("dale_1070_frame_002133_C").unwrap();
        assert_eq!((&*fields["tenant"], &*fields["sid"], &*fields["name"]), ("dale", "1070", "frame_002133"));
    }

    #[test]
    fn rows_and_columns_are_numbers() {
        let naming = template("{array}_{row},{column}");
        let fields = naming.fields("Array_1Crop_3,12").unwrap();
        assert_eq!((&*fields["array"], &*fields["row"], &*fields["column"]), ("Array_1Crop", "3", "12"));
        assert_eq!(naming.fields("w7_3,4").unwrap()["array"], "w7");
        for stem in ["a_b,c", "a_1,c", "a_1,", "a_,1"] {
            assert_eq!(naming.fields(stem), None, "{stem}");
        }
    }

    #[test]
    fn what_does_not_match_has_no_fields() {
        let naming = template("{tenant}_{sid}_{name}_C");
        for stem in ["", "dale", "dale_1070_C", "dale_1070_frame", "dale_1070__C", "dale_1070_frame_c"] {
            assert_eq!(pairs(&naming, stem), None, "{stem}");
        }
        assert_eq!(pairs(&template("img-{n}"), "pic-1"), None);
    }

    #[test]
    fn fields_take_at_least_one_character() {
        let fields = template("{a}_{b}").fields("__x").unwrap();
        assert_eq!((&*fields["a"], &*fields["b"]), ("_", "x"));
        assert_eq!(template("{a}é{b}").fields("ééé").unwrap()["b"], "é");
    }

    #[test]
    fn mistakes_are_shown_where_they_are() {
        let message = |text: &str| text.parse::<NamingTemplate>().unwrap_err().to_string();
        assert_eq!(message("{a}_{b"), "column 5: `{` is never closed in the naming template `{a}_{b`");
        assert_eq!(message("a}"), "column 2: `}` closes nothing in the naming template `a}`");
        assert_eq!(message("é{}"), "column 2: a field without a name in the naming template `é{}`");
        assert!(message("{a}_{a}").starts_with("column 5: the field `a` stands twice"));
        assert!(message("{a}{b}").starts_with("column 4: nothing separates the field `b`"));
        assert!(message("{a b}").starts_with("column 1: `a b` is no field name"));
        assert!(message("plain").starts_with("no field"));
    }

    #[test]
    fn serde_takes_the_text() {
        let naming: NamingTemplate = serde_json::from_str("\"{a}_{b}\"").unwrap();
        assert_eq!(serde_json::to_string(&naming).unwrap(), "\"{a}_{b}\"");
        assert!(serde_json::from_str::<NamingTemplate>("\"{a\"").unwrap_err().to_string().contains("column 1"));
    }

    proptest! {
        #[test]
        fn what_was_put_together_comes_apart(a in "[a-z]{1,6}", b in "[0-9]{1,6}", c in "[a-z0-9_]{1,9}") {
            let fields = template("{a}_{b}_{c}_C").fields(&format!("{a}_{b}_{c}_C")).unwrap();
            prop_assert_eq!((&fields["a"], &fields["b"], &fields["c"]), (&a, &b, &c));
        }

        #[test]
        fn fields_and_literals_give_the_name_back(stem in "\\PC{0,20}") {
            if let Some(fields) = template("{a}_{b}x").fields(&stem) {
                prop_assert_eq!(format!("{}_{}x", fields["a"], fields["b"]), stem);
            }
        }

        #[test]
        fn no_text_makes_the_parser_fall_over(text in "[{}a_é]{0,12}") {
            if let Ok(parsed) = text.parse::<NamingTemplate>() {
                prop_assert_eq!(parsed.to_string(), text);
            }
        }
    }
}
