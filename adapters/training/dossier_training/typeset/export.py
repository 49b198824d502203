"""Writes a checkpoint of the next base as a folder that adapters are trained on, for pages of any size; or small, for a later training to begin as.

    python -m dossier_training.typeset.export --checkpoint runs/reader/checkpoint.pt --out runs/reader-576 --width 576 --height 384
    python -m dossier_training.typeset.export --checkpoint runs/reader/checkpoint.pt --keep reader.pt
"""

import argparse
from pathlib import Path

from dossier_training.base_form import BaseForm
from dossier_training.checkpoints import export_base
from dossier_training.model import new_model
from dossier_training.typeset import letters
from dossier_training.typeset.reader import keep, taught_by


def export(checkpoint: Path, out: Path, width: int, height: int) -> BaseForm:
    """Exports a checkpoint: the encoder has no absolute positions, so that any size of page fits its weights."""
    form = BaseForm(width, height, letters.VOCABULARY)
    model = new_model(form)
    model.load_state_dict(taught_by(checkpoint).model)
    export_base(model, out, form)
    return form


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--out", type=Path, help="the folder of a base")
    wanted.add_argument("--keep", type=Path, help="a file for `train_reader --start`, in f16")
    parser.add_argument("--width", type=int, default=576)
    parser.add_argument("--height", type=int, default=384)
    options = parser.parse_args()
    if options.keep:
        keep(taught_by(options.checkpoint), options.keep)
        return
    form = export(options.checkpoint, options.out, options.width, options.height)
    print(f"{options.out}: pages of {form.width} x {form.height} pixels, {len(form.vocabulary.tokens)} tokens")


if __name__ == "__main__":
    main()
