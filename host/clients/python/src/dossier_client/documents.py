"""Documents as a caller has them: paths, bytes or files of pages."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

PageSource: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO"
Pages: TypeAlias = "PageSource | Iterable[PageSource]"

MAX_PAGE_BYTES = 1 << 30
"""The longest body that any host can be set to take."""


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What must serve a request: where something else would, it is refused with `generation.changed`."""

    generation: int | None = None
    base: str | None = None
    adapter: str | None = None
    rules: str | None = None

    def headers(self) -> dict[str, str]:
        """As the host reads them."""
        named = {"generation": self.generation, "base": self.base, "adapter": self.adapter, "rules": self.rules}
        return {f"if-{name}": str(value) for name, value in named.items() if value is not None}


@dataclass(frozen=True, kw_only=True, repr=False)
class Document:
    """A document of a job: its type must be named, for nobody is there to be asked."""

    document_type: str
    pages: Pages
    fields: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return f"Document(document_type={self.document_type!r}, pages=<redacted>, fields={self.fields!r})"

    def body(self) -> dict[str, object]:
        """As JSON."""
        pages = [base64.b64encode(page).decode() for page in read_pages(self.pages)]
        body: dict[str, object] = {"document_type": self.document_type, "pages": pages}
        return body if self.fields is None else body | {"fields": list(self.fields)}


@dataclass(frozen=True, kw_only=True, repr=False)
class Webhook:
    """Who is told once a job is done with. `secret` is `whsec_` and the base64 of 24 to 64 bytes."""

    url: str
    secret: str | None = None

    def __repr__(self) -> str:
        return f"Webhook(url={self.url!r}, secret={'None' if self.secret is None else '<redacted>'})"

    def body(self) -> dict[str, object]:
        """As JSON."""
        return {"url": self.url} if self.secret is None else {"url": self.url, "secret": self.secret}


def read_pages(pages: Pages) -> list[bytes]:
    """The bytes of each page, so that a request can be sent again."""
    if isinstance(pages, (str, os.PathLike, bytes, bytearray, memoryview)) or hasattr(pages, "read"):
        return [_read_page(cast(PageSource, pages))]
    return [_read_page(page) for page in pages]


def _read_page(page: PageSource) -> bytes:
    if isinstance(page, (bytes, bytearray, memoryview)):
        return bytes(page)
    if isinstance(page, (str, os.PathLike)):
        with Path(page).open("rb") as file:
            return _at_most(file)
    return _at_most(page)


def _at_most(file: BinaryIO) -> bytes:
    read = file.read(MAX_PAGE_BYTES + 1)
    if not isinstance(read, bytes):
        raise TypeError("a page's file must be opened in binary mode")
    if len(read) > MAX_PAGE_BYTES:
        raise ValueError(f"a page is longer than {MAX_PAGE_BYTES} bytes")
    return read
