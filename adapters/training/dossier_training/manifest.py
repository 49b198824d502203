"""Writes a document type's `document-type.json`, as the host wants it beside the adapter.

    python -m dossier_training.manifest --type norvaria/passport/2024 --out ../norvaria/passport/2024

A host refuses to start with a manifest whose adapter is missing, so this comes with the adapter, not before it.
"""

import argparse
import json
from pathlib import Path

from dossier_training.document_types import DECLARED, ZONE_TYPES
from dossier_training.document_types.declarations import DECLARATIONS

# The formats of ICAO Doc 9303, which bound what stands where; a licence has a zone of its own.
_FORMATS = ("td1", "td2", "td3", "mrv-a", "mrv-b")
# Documents of any issuer, of which the zone is read.
_TITLES = {
    "icao/td1": ("Card of any issuer, by its zone of three lines (ICAO TD1)", 2),
    "icao/td2": ("Card of any issuer, by its zone of two lines (ICAO TD2)", 2),
    "icao/td3": ("Passport of any issuer, by its zone (ICAO TD3)", 1),
    "icao/mrv-a": ("Visa of any issuer, by its zone (ICAO MRV-A)", 1),
    "icao/mrv-b": ("Small visa of any issuer, by its zone (ICAO MRV-B)", 1),
}


def manifest(document_type: str, base: str) -> dict[str, object]:
    """The manifest of a declared document type, or of one that is read by its zone alone."""
    rules, kind_of = document_type.split("/", 1)
    if document_type in ZONE_TYPES:
        title, pages = _TITLES[document_type]
        return {"document_type": document_type, "title": title, "pages": pages, "base": base, "rules": rules, "fields": ["mrz"], "zone": kind_of, "any_issuer": True}
    _, kind = DECLARED[document_type]
    told = {"document_type": document_type, "title": kind.title, "pages": len(kind.sides), "base": base, "rules": rules}
    zone = DECLARATIONS[rules].documents[kind_of].zone
    return {**told, "zone": zone} if zone in _FORMATS else told


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--type", choices=[*DECLARED, *ZONE_TYPES], required=True)
    parser.add_argument("--base", default="dossier-small", help="the name of a folder of adapters/base")
    parser.add_argument("--out", type=Path, required=True, help="the adapter's folder")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "document-type.json").write_text(json.dumps(manifest(options.type, options.base), ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main()
