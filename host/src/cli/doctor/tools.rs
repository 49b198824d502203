//! Programs that are needed for some work only: writing rules, training adapters.

use std::process::{Command, Stdio};

use super::Look;

/// What is asked of a program, and what it is for.
struct Tool {
    what: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
    /// What its output must hold.
    holds: &'static str,
    next: &'static str,
}

const TOOLS: [Tool; 4] = [
    Tool {
        what: "rules in Rust",
        program: "rustup",
        arguments: &["target", "list", "--installed"],
        holds: "wasm32-wasip2",
        next: "to build rules in Rust: rustup target add wasm32-wasip2",
    },
    Tool {
        what: "rules in Python",
        program: "componentize-py",
        arguments: &["--version"],
        holds: "",
        next: "to build rules in Python: pip install componentize-py",
    },
    Tool {
        what: "rules in JavaScript",
        program: "npm",
        arguments: &["--version"],
        holds: "",
        next: "to build rules in JavaScript: install Node.js 20 or newer",
    },
    Tool {
        what: "training",
        program: "python3",
        arguments: &["-c", "import torch, transformers, peft"],
        holds: "",
        next: "to train adapters: pip install -r adapters/training/requirements.txt, best in an environment of its own",
    },
];

/// All looks at tools.
pub(super) fn looks() -> Vec<Look> {
    TOOLS.iter().map(Tool::look).collect()
}

impl Tool {
    fn look(&self) -> Look {
        let mut command = Command::new(self.program);
        let output =
            command.args(self.arguments).stdin(Stdio::null()).stderr(Stdio::null()).output();
        let is_there = output.is_ok_and(|output| {
            output.status.success() && String::from_utf8_lossy(&output.stdout).contains(self.holds)
        });
        match is_there {
            true => Look::good(self.what, format!("{} has what it takes", self.program)),
            false => Look::advice(
                self.what,
                format!("{} does not have what it takes, or is not there", self.program),
                self.next,
            ),
        }
    }
}
