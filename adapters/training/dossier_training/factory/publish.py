"""The host's admin API: publish a package, try it as a canary, promote it, take it back."""

import hashlib
import io
import itertools
import json
import os
import tarfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dossier_training.factory import artifact
from dossier_training.factory.donut import Record
from dossier_training.factory.settings import Publish
from dossier_training.identification import prototypes

_SECRET = "ed25519-secret:"
_PATIENCE_SECONDS = 300


class HostError(RuntimeError):
    """The host does not answer, or refuses: `code` is its own, if it gave one."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Package:
    """A document type's package, as `host/store` reads it."""

    files: dict[str, bytes]

    @staticmethod
    def of(folder: Path) -> "Package":
        """The package of an adapter's folder, as a host's import makes it; the card stays there."""
        more = [name for name in (prototypes.PROTOTYPES, artifact.RECORD) if (folder / name).exists()]
        return Package({name: (folder / name).read_bytes() for name in (artifact.MANIFEST, *artifact.read_from(folder), *more)})

    @property
    def statement(self) -> bytes:
        """What is hashed and signed (plugins/README.md, Signing)."""
        lines = [f"{hashlib.sha256(contents).hexdigest()}  {name}\n" for name, contents in sorted(self.files.items())]
        return ("dossier package 1\n" + "".join(lines)).encode()

    @property
    def digest(self) -> str:
        """Its identity."""
        return f"sha256:{hashlib.sha256(self.statement).hexdigest()}"

    def signed(self, key_file: Path) -> "Package":
        """With `signature.json` by the key that `dossier package keygen` wrote."""
        text = key_file.read_text().strip()
        if not text.startswith(_SECRET):
            raise HostError(f"{key_file}: a secret key reads `{_SECRET}` and 64 hexadecimal digits")
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text.removeprefix(_SECRET)))
        public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        signature = {"public_key": f"ed25519:{public.hex()}", "signature": key.sign(self.statement).hex()}
        return Package({**self.files, "signature.json": json.dumps(signature).encode()})

    def tar(self) -> bytes:
        """The archive that is sent."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name, contents in sorted(self.files.items()):
                header = tarfile.TarInfo(name)
                header.size, header.mode = len(contents), 0o644
                archive.addfile(header, io.BytesIO(contents))
        return buffer.getvalue()


class Host:
    """A host's admin API and its public one."""

    def __init__(self, settings: Publish) -> None:
        self.settings = settings
        token = os.environ.get(settings.token_variable)
        if not token:
            raise HostError(f"no token: set {settings.token_variable}")
        self.session = requests.Session()
        # The token must not go to the public listener, so it is no header of the session.
        self.headers = {"Authorization": f"Bearer {token}"}

    def _ask(self, method: str, path: str, data: bytes | None = None, body: dict[str, object] | None = None) -> dict:
        url = f"{self.settings.admin_url.rstrip('/')}/v1/packages{path}"
        try:
            answer = self.session.request(method, url, headers=self.headers, timeout=_PATIENCE_SECONDS, data=data, json=body)
            value = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise HostError(f"{url}: {type(error).__name__}") from None
        if not answer.ok:
            raise HostError(f"{value.get('detail', answer.reason)} ({value.get('code')})", value.get("code"))
        return value

    def status(self, document_type: str) -> dict | None:
        """How a document type stands; none where nothing was ever published under it."""
        try:
            return self._ask("GET", f"/{quote(document_type, safe='')}")
        except HostError as error:
            if error.code == "package.unknown_name":
                return None
            raise

    def publish(self, package: Package) -> dict:
        """Stages a package; the answer names its `package` digest and its `artifact`, which answers name as their adapter."""
        return self._ask("POST", "", data=package.tar())

    def change(self, document_type: str, step: str, **body: object) -> dict:
        """`activate`, `canary`, `promote` or `rollback`."""
        return self._ask("POST", f"/{quote(document_type, safe='')}/{step}", body=body or None)

    def extract(self, document_type: str, pages: list[bytes]) -> dict:
        """Has a document read."""
        files = [("page", (f"page-{number}.png", contents)) for number, contents in enumerate(pages, 1)]
        url = f"{self.settings.url.rstrip('/')}/v1/extract"
        try:
            answer = self.session.post(url, files=files, data={"document_type": document_type}, timeout=_PATIENCE_SECONDS)
            value = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise HostError(f"{url}: {type(error).__name__}") from None
        if not answer.ok:
            raise HostError(f"{value.get('detail', answer.reason)} ({value.get('code')})", value.get("code"))
        return value


@dataclass
class Rehearsal:
    """What an adapter read through the host: by document, how many fields were exact, of how many."""

    documents: dict[int, tuple[int, int]] = field(default_factory=dict)

    def on(self, documents: Iterable[int]) -> tuple[int, int]:
        """How many fields of these documents were exact, of how many."""
        counts = [self.documents[document] for document in documents]
        return sum(exact for exact, _ in counts), sum(asked for _, asked in counts)


def documents_of(records: Iterable[Record]) -> list[tuple[list[bytes], dict[str, str]]]:
    """Each document's pages in order, and its fields."""
    documents: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        documents[record.document].append(record)
    ordered = [sorted(pages, key=lambda r: r.page) for pages in documents.values()]
    return [([r.file.read_bytes() for r in pages], {name: text for r in pages for name, text in r.fields.items()}) for pages in ordered]


def rehearse(host: Host, document_type: str, records: Iterable[Record], limit: int) -> dict[str, Rehearsal]:
    """Has documents read, over and over up to `limit` requests, until a canary and the active version have both read each."""
    came: dict[str, Rehearsal] = defaultdict(Rehearsal)
    documents = list(enumerate(documents_of(records)))
    for number, (pages, truth) in itertools.islice(itertools.cycle(documents), limit):
        answer = host.extract(document_type, pages)
        read = {entry["name"]: entry["raw"] for entry in answer["fields"]}
        exact = sum(read.get(name) == text for name, text in truth.items())
        came[answer["served_by"]["adapter"]].documents[number] = (exact, len(truth))
        if len(came) > 1 and all(len(rehearsal.documents) == len(documents) for rehearsal in came.values()):
            break
    return dict(came)


@dataclass(frozen=True)
class Rollout:
    """Where a publication stands: `live`, `canary`, `canary_failed` or `refused`, and why."""

    state: str
    detail: str
    package: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """As data."""
        return {"state": self.state, "detail": self.detail, "package": self.package}


def roll_out(host: Host, document_type: str, candidate: Path, live: Path | None, regression: list[Record], worse_by_at_most: float) -> Rollout:
    """Publishes, tries as a canary, compares it through HTTP with what is active, and promotes it where that is asked for."""
    settings = host.settings
    package = Package.of(candidate)
    status = host.status(document_type)
    active = status and status["active"]
    if active == package.digest:
        return Rollout("live", "it is active already", package.digest)
    if active and (live is None or Package.of(live).digest != active):
        return Rollout("refused", f"the host serves {active}, which is not what adapters/ holds: the gates compared with something else", package.digest)
    try:
        signed = package.signed(settings.signing_key) if settings.signing_key else package
        published = host.publish(signed)
    except HostError as error:
        return Rollout("refused", str(error), package.digest)
    if not active:
        host.change(document_type, "activate", package=package.digest)
        return Rollout("live", "activated: nothing of this type served before", package.digest)
    host.change(document_type, "canary", package=package.digest, percent=settings.canary_percent)
    came = rehearse(host, document_type, regression, settings.canary_documents)
    return judge_canary(host, document_type, package.digest, published["artifact"], came, worse_by_at_most)


def judge_canary(host: Host, document_type: str, package: str, artifact: str, came: dict[str, Rehearsal], worse_by_at_most: float) -> Rollout:
    """Takes back a canary that ended by itself or reads worse through the host; promotes it where the settings say so."""
    status = host.status(document_type) or {}
    canary = status.get("canary")
    if not canary or canary["package"] != package:
        return Rollout("canary_failed", "the host ended the canary: too many of its requests failed", package)
    mine, other = came.get(artifact, Rehearsal()), Rehearsal()
    for adapter, rehearsal in came.items():
        if adapter != artifact:
            other.documents.update(rehearsal.documents)
    both = sorted(mine.documents.keys() & other.documents.keys())
    (exact, asked), (active_exact, _) = mine.on(both), other.on(both)
    figures = f"of {asked} fields in {len(both)} documents {exact} are exact, {active_exact} with the active version"
    if asked and exact / asked < active_exact / asked - worse_by_at_most:
        host.change(document_type, "rollback")
        return Rollout("canary_failed", figures, package)
    if not host.settings.promote:
        return Rollout("canary", figures, package)
    if not asked:
        return Rollout("canary", f"not promoted: there is nothing to compare, {figures}", package)
    host.change(document_type, "promote")
    return Rollout("live", figures, package)


def settle(host: Host, document_type: str, package: str) -> Rollout:
    """What became of a canary that an earlier run left to people."""
    status = host.status(document_type) or {}
    if status.get("active") == package:
        return Rollout("live", "promoted", package)
    canary = status.get("canary")
    if canary and canary["package"] == package:
        return Rollout("canary", f"{canary['calls']} requests, {canary['failures']} failed", package)
    return Rollout("canary_failed", "it ended, or was taken back", package)
