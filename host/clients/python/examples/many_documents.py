"""Sends folders of documents as jobs, awaits them side by side, and erases them once they are read.

    DOSSIER_URL=... python many_documents.py utopia/passport/2024 FOLDER [FOLDER ...]

Each folder holds the pages of one document.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from dossier_client import AsyncClient, Document


async def read(host: AsyncClient, document_type: str, folder: Path) -> str:
    pages = sorted(folder.glob("page-*.png"))
    job = await host.jobs.submit([Document(document_type=document_type, pages=pages)], subject=folder.name)
    await host.jobs.wait(job.id)
    (result,) = (await host.jobs.result(job.id)).documents
    await host.jobs.erase(job.id)
    if result.answer is None:
        return f"{folder.name}: {result.problem.code if result.problem else result.state}"
    return f"{folder.name}: {result.answer.verdict}, {len(result.answer.fields)} fields"


async def main(document_type: str, *folders: str) -> None:
    async with AsyncClient(os.environ["DOSSIER_URL"], token=os.environ.get("DOSSIER_TOKEN")) as host:
        for line in await asyncio.gather(*[read(host, document_type, Path(folder)) for folder in folders]):
            print(line)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
