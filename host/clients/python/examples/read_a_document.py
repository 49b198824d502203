"""Reads a document of one page or several, and says what to do with it.

DOSSIER_URL=http://127.0.0.1:8080 python read_a_document.py page-1.png [page-2.png ...]
"""

from __future__ import annotations

import os
import sys

from dossier_client import Client, Problem


def main(pages: list[str]) -> int:
    with Client(os.environ["DOSSIER_URL"], token=os.environ.get("DOSSIER_TOKEN")) as host:
        try:
            document = host.extract(pages)
        except Problem as problem:
            print(f"refused: {problem.message} ({problem.code}, request {problem.request_id})")
            return 1
    print(f"{document.document_type}: {document.verdict}")
    for field in document.fields:
        # This prints what is personal: it is what this program is for.
        print(f"  {field.name}: {field.value}")
    for check in document.unpassed:
        print(f"  {check.outcome}: {check.code}: {check.message}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
