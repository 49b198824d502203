"""The finished adapter: PEFT's folder, the host's manifest, the calibration, a model card, and what it was made from."""

import importlib
import importlib.metadata
import importlib.util
import json
import platform
import re
from pathlib import Path
from typing import Any

import jinja2

from dossier_training.checkpoints import base_digest
from dossier_training.factory import calibration
from dossier_training.factory.calibration import Scaling
from dossier_training.factory.files import sha256_of, staging
from dossier_training.factory.settings import Training
from dossier_training.identification import prototypes
from dossier_training.lora_xs import FACTORS_FILE
from dossier_training.methods import Adapted
from dossier_training.page_form import PREPROCESSOR, PageForm

MANIFEST, RECORD, CALIBRATION, CARD = "document-type.json", "training.json", "calibration.json", "README.md"
# Keys of a manifest that training has no say in.
_KEPT = ("version", "settings", "fields", "zone", "any_issuer")
WEIGHTS = "adapter_model.safetensors"
# Beside an adapter that several types are to share: which, and what its training came to.
SHARED = "shared.json"


def templates() -> jinja2.Environment:
    """The templates of cards and pages; a name that is not given is an error."""
    folder = Path(__file__).parent / "templates"
    return jinja2.Environment(loader=jinja2.FileSystemLoader(folder), autoescape=jinja2.select_autoescape(["html.j2"]), undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def versions() -> dict[str, str]:
    """What it was made with."""
    names = ("torch", "transformers", "peft", "safetensors", "numpy", "pillow")
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}


def manifest_of(document_type: str, base: Path, out: Path, title: str | None = None, pages: int | None = None, rules: str | None = None) -> dict[str, Any]:
    """The host's manifest. What is not told stays as it stands in `out`, or is as the generator declares it; else the title is the type, and the rules are named as its issuer."""
    before = {**_declared(document_type, base.name), **(json.loads((out / MANIFEST).read_text()) if (out / MANIFEST).exists() else {})}
    kept = {key: before[key] for key in _KEPT if key in before}
    return {
        "document_type": document_type,
        "title": title or before.get("title") or re.sub(r"[-/]", " ", document_type).capitalize(),
        "pages": pages or before.get("pages") or 1,
        "base": base.name,
        "rules": rules or before.get("rules") or document_type.split("/")[0],
        **kept,
    }


def _declared(document_type: str, base: str) -> dict[str, Any]:
    """What the generator declares of a type, where it declares types at all."""
    if importlib.util.find_spec("dossier_training.manifest") is None:
        return {}
    try:
        return importlib.import_module("dossier_training.manifest").manifest(document_type, base)
    except KeyError:
        return {}


def read_from(folder: Path) -> list[str]:
    """The files of an adapter that its readings and their confidence follow from."""
    return ["adapter_config.json", WEIGHTS, *(name for name in (CALIBRATION, FACTORS_FILE, PREPROCESSOR) if (folder / name).exists())]


def record_of(folder: Path) -> dict[str, Any] | None:
    """What an adapter says it was made from, if it does."""
    file = folder / RECORD
    return json.loads(file.read_text()) if file.exists() else None


def write(
    adapted: Adapted, base: Path, out: Path, near: Path, manifest: dict[str, Any], training: Training, scalings: dict[str, Scaling], look: dict[str, Any] | None, record: dict[str, Any]
) -> dict[str, Any]:
    """Writes the whole folder beside and swaps it in; until then `out` stays as it was. `look` is what tells the type by its look, where the base can. Returns the record."""
    with staging(out, near) as fresh:
        adapted.export(base, fresh)
        PageForm(base, training.page_size).save(fresh)
        (fresh / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
        (fresh / CALIBRATION).write_text(json.dumps(calibration.as_json(scalings), indent=2) + "\n")
        if look:
            prototypes.write(fresh / prototypes.PROTOTYPES, look)
        files = {path.name: sha256_of(path.read_bytes()) for path in sorted(fresh.iterdir())}
        record = {
            "format": 1,
            "document_type": manifest["document_type"],
            "base": {"name": base.name, "digest": base_digest(base)},
            "training": training.model_dump(mode="json"),
            **record,
            "adapter_bytes": (fresh / WEIGHTS).stat().st_size,
            # Held once for all adapters that bring the same.
            "factors_bytes": (fresh / FACTORS_FILE).stat().st_size if (fresh / FACTORS_FILE).exists() else 0,
            "files": files,
            "versions": versions(),
        }
        (fresh / RECORD).write_text(json.dumps(record, indent=2) + "\n")
        (fresh / CARD).write_text(templates().get_template("card.md.j2").render(manifest=manifest, record=record, training=training))
    return record
