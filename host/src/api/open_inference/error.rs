//! Tensors that can't be used.

use axum::http::StatusCode;

use crate::api::error::Problem;

/// The tensors of a request can't be used. Names are the client's own and go back to it only.
#[derive(Debug, thiserror::Error)]
pub enum TensorError {
    /// An input, an output or a parameter that no model here has.
    #[error("there is no such {what}")]
    Unknown {
        /// Which of these.
        what: &'static str,
        /// Its name as the client wrote it.
        name: String,
    },
    /// An input stands twice.
    #[error("the input `{name}` stands twice")]
    Repeated {
        /// Its name.
        name: &'static str,
    },
    /// A tensor has another datatype than BYTES, a shape that is not the number of its elements, no data, or
    /// data that does not end where it says.
    #[error("the input `{name}`: {problem}")]
    Malformed {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The length of the JSON before binary tensors can't be read, or the bytes behind it are no tensors.
    #[error("the body is not as long as its JSON and its tensors are together")]
    Length,
    /// The body names another model than the path.
    #[error("the body names another model than the path")]
    Model,
}

impl TensorError {
    /// What the client is told.
    pub(in crate::api) fn problem(&self) -> Problem {
        let title = "The tensors can't be used";
        let of = |code| Problem::new(StatusCode::BAD_REQUEST, code, title, self);
        match self {
            Self::Unknown { what, name } => {
                let detail = format!("there is no {what} named `{name}`");
                Problem { detail: dossier_document::plain_text(&detail), ..of("tensor.unknown") }
            }
            Self::Repeated { .. } | Self::Malformed { .. } | Self::Length => of("tensor.malformed"),
            Self::Model => of("tensor.model"),
        }
    }
}
