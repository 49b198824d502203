//! `tokenizer.json`: the text of every token, and how to ask for a field.

use std::path::{Path, PathBuf};

use dossier_document::{FieldName, is_git_lfs_pointer};
use tokenizers::Tokenizer;

use crate::ModelError;

/// The text of every token, and how to ask for a field.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    tokenizer: Tokenizer,
    /// For each token what it adds to a value, or `None` if it is no text: a special token, a field
    /// token, half a character.
    texts: Vec<Option<TokenText>>,
}

/// What a token adds to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenText {
    pub(crate) text: Box<str>,
    pub(crate) characters: u32,
}

impl Vocabulary {
    /// Reads the tokenizer of a decoder with `vocab_size` tokens. Ids above that are not text.
    pub(crate) fn load(path: &Path, vocab_size: usize) -> Result<Self, ModelError> {
        let broken = |source| ModelError::Tokenizer { path: PathBuf::from(path), source };
        let bytes = std::fs::read(path)
            .map_err(|source| ModelError::Io { path: path.to_owned(), source })?;
        if is_git_lfs_pointer(&bytes) {
            return Err(ModelError::GitLfsPointer { path: path.to_owned() });
        }
        let tokenizer = Tokenizer::from_bytes(&bytes).map_err(broken)?;
        let texts = (0..vocab_size)
            .map(|id| token_text(&tokenizer, u32::try_from(id)?))
            .collect::<Result<_, _>>()
            .map_err(broken)?;
        Ok(Self { tokenizer, texts })
    }

    /// The tokens that ask for `field`, behind the start token: `<s_field>` if there is one, or
    /// else `<field>`, the name letter by letter, `<value>`.
    pub(crate) fn field_prompt(&self, field: &FieldName) -> Option<Vec<u32>> {
        let token = |text: &str| {
            self.tokenizer.token_to_id(text).filter(|id| (*id as usize) < self.texts.len())
        };
        if let Some(own) = token(&format!("<s_{field}>")) {
            return Some(vec![own]);
        }
        let mut prompt = vec![token("<field>")?];
        let mut buffer = [0; 4];
        for letter in field.as_str().chars() {
            prompt.push(token(letter.encode_utf8(&mut buffer))?);
        }
        prompt.push(token("<value>")?);
        Some(prompt)
    }

    /// Tokens that are text, with what they add.
    pub(crate) fn text_tokens(&self) -> impl Iterator<Item = (u32, &TokenText)> {
        (0u32..).zip(&self.texts).filter_map(|(id, text)| Some((id, text.as_ref()?)))
    }

    /// What a token adds to a value.
    pub(crate) fn text(&self, token: u32) -> Option<&str> {
        Some(&self.texts.get(token as usize)?.as_ref()?.text)
    }
}

/// What the token adds behind another one.
fn token_text(tokenizer: &Tokenizer, id: u32) -> tokenizers::Result<Option<TokenText>> {
    let Some(token) = tokenizer.id_to_token(id) else { return Ok(None) };
    let is_added = tokenizer.get_added_tokens_decoder().contains_key(&id);
    let is_markup = token.starts_with('<') && token.ends_with('>');
    if token.chars().count() > 1 && (is_added || is_markup) {
        return Ok(None);
    }
    let text = match tokenizer.get_decoder() {
        None => token,
        // Decoders treat the first token apart, for example by stripping its space.
        Some(_) => {
            let once = tokenizer.decode(&[id], false)?;
            let twice = tokenizer.decode(&[id, id], false)?;
            match twice.strip_prefix(&once) {
                Some(second) => second.to_owned(),
                None => return Ok(None),
            }
        }
    };
    // A byte that is no character by itself decodes to the replacement character.
    if text.is_empty() || text.contains(char::REPLACEMENT_CHARACTER) {
        return Ok(None);
    }
    let characters = u32::try_from(text.chars().count())?;
    Ok(Some(TokenText { text: text.into_boxed_str(), characters }))
}
