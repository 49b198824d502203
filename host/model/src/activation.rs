//! The activation functions of transformers' `ACT2FN`, by name.

use candle_core::{Result, Tensor};

use crate::kernels::gelu_of_fresh;

/// An activation function (`transformers/activations.py`, `ACT2CLS`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    /// x * Phi(x), exact.
    Gelu,
    /// The tanh approximation.
    GeluTanh,
    /// x * sigmoid(1.702 x).
    QuickGelu,
    Relu,
    Silu,
    Sigmoid,
    Tanh,
    Linear,
}

impl Activation {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "gelu" | "gelu_python" => Self::Gelu,
            "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" | "gelu_python_tanh"
            | "gelu_accurate" => Self::GeluTanh,
            "quick_gelu" => Self::QuickGelu,
            "relu" => Self::Relu,
            "silu" | "swish" => Self::Silu,
            "sigmoid" => Self::Sigmoid,
            "tanh" => Self::Tanh,
            "linear" => Self::Linear,
            _ => return None,
        })
    }

    /// `x` must be a fresh result that nobody else looks at: it may be overwritten.
    pub(crate) fn forward_fresh(self, x: Tensor) -> Result<Tensor> {
        match self {
            Self::Gelu => gelu_of_fresh(x),
            Self::GeluTanh => x.gelu(),
            Self::QuickGelu => &x * candle_nn::ops::sigmoid(&(&x * 1.702)?)?,
            Self::Relu => x.relu(),
            Self::Silu => x.silu(),
            Self::Sigmoid => candle_nn::ops::sigmoid(&x),
            Self::Tanh => x.tanh(),
            Self::Linear => Ok(x),
        }
    }
}
