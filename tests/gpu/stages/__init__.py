"""The stages of the GPU day: each has `run(day)`, records what it finds, and raises when a check fails."""
