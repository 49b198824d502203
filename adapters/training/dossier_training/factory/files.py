"""Writing so that a kill or a full disk leaves what was there before."""

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


class Busy(RuntimeError):
    """Another process works in this folder."""


def sha256_of(contents: bytes) -> str:
    """A digest as the project writes them."""
    return f"sha256:{hashlib.sha256(contents).hexdigest()}"


def file_name_of(document_type: str) -> str:
    """A document type's identifier as the name of one file or folder."""
    return document_type.replace("/", "--")


def digest_of(value: object) -> str:
    """The digest of anything that JSON can say, whatever the order of its keys."""
    return sha256_of(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to. It takes the place of `path` once it is on the disk; an error removes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    os.close(handle)
    fresh = Path(name)
    try:
        yield fresh
        with fresh.open("rb+") as written:
            os.fsync(written.fileno())
        fresh.chmod(0o644)
        fresh.replace(path)
        sync_folder(path.parent)
    finally:
        fresh.unlink(missing_ok=True)


def write_bytes(path: Path, contents: bytes) -> None:
    """Replaces a file by these bytes."""
    with replacing(path) as fresh:
        fresh.write_bytes(contents)


def write_json(path: Path, value: object) -> None:
    """Replaces a file by this JSON."""
    write_bytes(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def exchange(one: Path, other: Path) -> None:
    """Swaps two folders of one file system in a single step, so that no moment is without either."""
    renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(one), None, str(other))


def replace_folder(fresh: Path, folder: Path) -> None:
    """Puts the finished folder `fresh` in the place of `folder`, which is removed; both are on one file system."""
    for path in sorted(fresh.rglob("*")):
        if path.is_file():
            with path.open("rb+") as written:
                os.fsync(written.fileno())
    sync_folder(fresh)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        exchange(fresh, folder)
        shutil.rmtree(fresh)
    else:
        fresh.rename(folder)
    sync_folder(folder.parent)


@contextlib.contextmanager
def staging(folder: Path, near: Path) -> Iterator[Path]:
    """An empty folder to fill, which then takes the place of `folder`; an error removes it.

    It lies in `near`, for the host takes every folder below `adapters/` for a document type; where
    `near` is another file system, a copy beside `folder` is swapped in.
    """
    near.mkdir(parents=True, exist_ok=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".staging-", dir=near))
    fresh.chmod(0o755)
    try:
        yield fresh
        try:
            replace_folder(fresh, folder)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
            try:
                shutil.copytree(fresh, beside, dirs_exist_ok=True)
                beside.chmod(0o755)
                replace_folder(beside, folder)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Holds a folder's lock, which a killed process lets go of; what it left half done is cleared away.

    Raises `Busy` where another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"{folder}: another process works here") from None
        for left in folder.glob(".staging-*"):
            shutil.rmtree(left, ignore_errors=True)
        for left in folder.glob(".*.new"):
            left.unlink(missing_ok=True)
        yield
