"""Writes a checkpoint of the next base as a folder that adapters are trained on, for pages of any size.

    python -m dossier_training.typeset.export --run runs/reader --out runs/reader-576 --width 576 --height 384
"""

import argparse
from pathlib import Path

import torch

from dossier_training.base_form import BaseForm
from dossier_training.checkpoints import export_base
from dossier_training.model import new_model
from dossier_training.typeset import letters


def export(run: Path, out: Path, width: int, height: int) -> BaseForm:
    """Exports the checkpoint of `run`: the encoder has no absolute positions, so that any size of page fits its weights."""
    form = BaseForm(width, height, letters.VOCABULARY)
    model = new_model(form)
    model.load_state_dict(torch.load(run / "checkpoint.pt", weights_only=True)["model"])
    export_base(model, out, form)
    return form


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--width", type=int, default=576)
    parser.add_argument("--height", type=int, default=384)
    options = parser.parse_args()
    form = export(options.run, options.out, options.width, options.height)
    print(f"{options.out}: pages of {form.width} x {form.height} pixels, {len(form.vocabulary.tokens)} tokens")


if __name__ == "__main__":
    main()
