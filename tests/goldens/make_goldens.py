"""Writes the golden files that host/model is compared with, or checks them.

    python tests/goldens/make_goldens.py            # write
    python tests/goldens/make_goldens.py --check    # recompute and compare
    python tests/goldens/make_goldens.py --shipped-base adapters/base/dossier-small \
        --shipped-adapter adapters/utopia/passport/2024 --shipped-image page-1.png

Reference: transformers' VisionEncoderDecoderModel and Donut's processor, PEFT's LoRA, DoRA and VeRA. The exact
versions stand in versions.json beside the goldens.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

import adapter_kinds
import donut_shape
import environment
import locator
import processor_cases
import shipped
import tiny_models

GOLDENS = Path(__file__).resolve().parent.parent / "fixtures" / "goldens"
# Another CPU may add in another order. Of numbers beyond 1, such as pixels, a share.
TOLERANCE = 2e-4


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--check", action="store_true", help="recompute and compare, write nothing")
    arguments.add_argument("--shipped-base", type=Path, help="folder of the shipped base")
    arguments.add_argument("--shipped-adapter", type=Path, help="folder of one of its adapters")
    arguments.add_argument("--shipped-image", type=Path, help="page to read with it")
    options = arguments.parse_args()
    environment.prepare()
    print(json.dumps(environment.versions()))

    if options.shipped_base:
        shipped.write(GOLDENS / "shipped", options.shipped_base, options.shipped_adapter, options.shipped_image)
        return 0
    if options.check:
        with tempfile.TemporaryDirectory() as folder:
            write_all(Path(folder))
            return compare(GOLDENS, Path(folder))
    write_all(GOLDENS)
    return 0


def write_all(folder: Path) -> None:
    for part in ["images", "locator", "processor.json", "models", "donut-shape", "versions.json"]:
        path = folder / part
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    environment.write_json(folder / "versions.json", environment.versions())
    processor_cases.write(folder)
    tiny_models.write(folder / "models", folder / "images")
    tiny_models.write_saved_by_4(folder / "saved-by-4", GOLDENS / "saved-by-4", folder / "images")
    adapter_kinds.write(folder / "adapter-kinds", folder / "models", folder / "images", GOLDENS / "adapter-kinds")
    donut_shape.write(folder / "donut-shape", folder / "images")
    locator.write(folder / "locator")


def compare(expected: Path, found: Path) -> int:
    """Every file equal; numbers in golden.safetensors within the tolerance."""
    problems = []

    def names(root: Path) -> set[Path]:
        return {path.relative_to(root) for path in root.rglob("*") if path.is_file()}

    committed = {name for name in names(expected) if name.parts[0] != "shipped"}
    for name in sorted(committed ^ names(found)):
        problems.append(f"{name}: only on one side")
    for name in sorted(committed & names(found)):
        if name.name == "golden.safetensors":
            problems += compare_tensors(name, expected / name, found / name)
        elif (expected / name).read_bytes() != (found / name).read_bytes():
            problems.append(f"{name}: differs")
    for problem in problems:
        print(problem)
    if problems:
        print("to update: python tests/goldens/make_goldens.py")
    return 1 if problems else 0


def compare_tensors(name: Path, expected: Path, found: Path) -> list[str]:
    from safetensors.numpy import load_file

    left, right = load_file(expected), load_file(found)
    if left.keys() != right.keys():
        return [f"{name}: other tensors"]
    worst = max(float(np.abs(left[key] - right[key]).max() / max(1.0, np.abs(left[key]).max())) for key in left)
    return [f"{name}: off by {worst}"] if worst > TOLERANCE else []


if __name__ == "__main__":
    sys.exit(main())
