"""Makes `prototypes.json` for adapters of the generator's types that are there already; training makes it with every new one.

    python -m dossier_training.identification.shipped --base ../base/dossier-small --adapters ..
"""

import argparse
from pathlib import Path

from dossier_training.dataset import captured_documents
from dossier_training.document_types import DOCUMENT_TYPES
from dossier_training.identification.embedding import Encoder
from dossier_training.identification.prototypes import MOST_PAGES, PROTOTYPES, made_of, write
from dossier_training.page import LEVELS

_SEED = 43


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--adapters", type=Path, required=True)
    options = parser.parse_args()
    encoder = Encoder(options.base)
    for document_type in DOCUMENT_TYPES:
        folder = options.adapters / document_type
        if not (folder / "document-type.json").exists():
            print(f"{document_type}: no adapter")
            continue
        documents = captured_documents(document_type, MOST_PAGES, _SEED, LEVELS)
        write(folder / PROTOTYPES, made_of(options.base, (pages[0].image for pages in documents), encoder))
        print(document_type, flush=True)


if __name__ == "__main__":
    main()
