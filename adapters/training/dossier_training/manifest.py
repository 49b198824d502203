"""Writes a document type's `document-type.json`, as the host wants it beside the adapter.

    python -m dossier_training.manifest --type norvaria/passport/2024 --out ../norvaria/passport/2024

A host refuses to start with a manifest whose adapter is missing, so this comes with the adapter, not before it.
"""

import argparse
import json
from pathlib import Path

from dossier_training.document_types import DECLARED


def manifest(document_type: str, base: str) -> dict[str, object]:
    """The manifest of a declared document type."""
    _, kind = DECLARED[document_type]
    rules = document_type.split("/")[0]
    return {"document_type": document_type, "title": kind.title, "pages": len(kind.sides), "base": base, "rules": rules}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--type", choices=DECLARED, required=True)
    parser.add_argument("--base", default="dossier-small", help="the name of a folder of adapters/base")
    parser.add_argument("--out", type=Path, required=True, help="the adapter's folder")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "document-type.json").write_text(json.dumps(manifest(options.type, options.base), ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main()
