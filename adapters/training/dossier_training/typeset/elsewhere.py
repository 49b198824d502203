"""Packs what a machine without package registries lacks to draw pages and train on them: typefaces, Faker, and this package.

    python -m dossier_training.typeset.elsewhere --out carried
    # there, with torch and transformers, in the folder that `carried` came to:
    DOSSIER_TYPEFACES=carried/typefaces PYTHONPATH=carried/python \
        python -m dossier_training.typeset.train_reader --run runs/reader --start carried/start --device cuda --bf16 --workers 14
"""

import argparse
import shutil
from pathlib import Path

import faker

import dossier_training
from dossier_training.typeset import typefaces


def pack(folder: Path, start: Path | None = None) -> int:
    """Writes the folder anew and returns its bytes."""
    shutil.rmtree(folder, ignore_errors=True)
    faces = folder / "typefaces"
    faces.mkdir(parents=True)
    for path in typefaces.files():
        shutil.copyfile(path, faces / path.name)
    without = shutil.ignore_patterns("__pycache__")
    for package in (Path(dossier_training.__file__).parent, Path(faker.__file__).parent):
        shutil.copytree(package, folder / "python" / package.name, ignore=without)
    if start:
        if start.is_dir():
            shutil.copytree(start, folder / "start")
        else:
            shutil.copyfile(start, folder / "start.pt")
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="an exported base or a checkpoint to take along")
    options = parser.parse_args()
    print(f"{options.out}: {pack(options.out, options.start) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
