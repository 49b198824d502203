"""Whether a webhook is of the host: Standard Webhooks, by the shared secret (`v1`, HMAC-SHA-256) or by the host's own
key (`v1a`, ed25519, which needs `dossier-client[ed25519]`)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ._parse import parse
from .models import Job
from .problems import DossierError, InvalidAnswer

MAX_BODY_BYTES = 64 << 10
MAX_ID_BYTES = 256
MAX_SIGNATURES = 16
MAX_SIGNATURE_HEADER_BYTES = 4096
TOLERANCE = 300.0
"""Seconds that a webhook may be old, or of the future."""


class WebhookRefused(DossierError):
    """The request is no webhook of this host: answer 400, and do nothing of what it says."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """A job is done with. It holds no value of a document: ask for the result."""

    type: Literal["job.succeeded", "job.failed", "job.cancelled"]
    timestamp: str
    data: Job


class WebhookVerifier:
    """Checks webhooks. Several secrets or keys may hold while one follows another.

    `id` of the event's headers is the same whenever the same is told again: whoever acts on events keeps those it has
    acted on.
    """

    def __init__(
        self, *, secrets: Sequence[str] = (), public_keys: Sequence[str] = (), tolerance: float = TOLERANCE
    ) -> None:
        if isinstance(secrets, str) or isinstance(public_keys, str):
            raise TypeError("secrets and public_keys are lists")
        if not secrets and not public_keys:
            raise ValueError("a secret or a public key is wanted: without one, nothing could be checked")
        if not 0 < tolerance <= 3600:
            raise ValueError("tolerance must be more than 0 and at most 3600 seconds")
        self._secrets = [_key_bytes(secret, "whsec_", 24, 64) for secret in secrets]
        self._public_keys = [_Ed25519(_key_bytes(key, "whpk_", 32, 32)) for key in public_keys]
        self._tolerance = tolerance

    def __repr__(self) -> str:
        return "WebhookVerifier(<redacted>)"

    def verify(self, headers: Mapping[str, str], body: bytes, *, now: float | None = None) -> Event:
        """The event, where the request is of the host and of now. `body` is what came, byte for byte."""
        named = {name.lower(): value for name, value in headers.items()}
        message_id = _header(named, "webhook-id", MAX_ID_BYTES)
        timestamp = _header(named, "webhook-timestamp", 16)
        signatures = _header(named, "webhook-signature", MAX_SIGNATURE_HEADER_BYTES).split(" ")
        if len(body) > MAX_BODY_BYTES or len(signatures) > MAX_SIGNATURES:
            raise WebhookRefused("the webhook is larger than any of a host")
        if not (timestamp.isascii() and timestamp.isdigit()):
            raise WebhookRefused("webhook-timestamp is no number of seconds")
        if abs((time.time() if now is None else now) - int(timestamp)) > self._tolerance:
            raise WebhookRefused("webhook-timestamp is too old, or of the future")
        signed = b".".join((message_id.encode(), timestamp.encode(), body))
        # All are looked at: which of them it was takes no other time.
        if not any([self._is_genuine(signature, signed) for signature in signatures]):
            raise WebhookRefused("no signature is of a secret or key that is known here")
        try:
            return parse(Event, json.loads(body), "webhook")
        except (ValueError, InvalidAnswer) as error:
            raise WebhookRefused("the body is no event of a job") from error

    def _is_genuine(self, signature: str, signed: bytes) -> bool:
        version, _, encoded = signature.partition(",")
        try:
            claimed = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return False
        if version == "v1":
            tags = [hmac.new(secret, signed, hashlib.sha256).digest() for secret in self._secrets]
            return any([hmac.compare_digest(tag, claimed) for tag in tags])
        return version == "v1a" and any([key.is_of(claimed, signed) for key in self._public_keys])


class _Ed25519:
    def __init__(self, key: bytes) -> None:
        try:
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        except ImportError as error:
            raise ImportError("public keys need cryptography: pip install 'dossier-client[ed25519]'") from error
        self._key = Ed25519PublicKey.from_public_bytes(key)

    def is_of(self, signature: bytes, signed: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, signed)
        except InvalidSignature:
            return False
        return True


def _key_bytes(text: str, prefix: str, least: int, most: int) -> bytes:
    wanted = f"a key is written as `{prefix}` and the base64 of {least} to {most} bytes"
    if not text.startswith(prefix) or len(text) > 256:
        raise ValueError(wanted)
    try:
        key = base64.b64decode(text[len(prefix) :], validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not least <= len(key) <= most:
        raise ValueError(wanted)
    return key


def _header(headers: Mapping[str, str], name: str, most: int) -> str:
    value = headers.get(name, "")
    if not value or len(value) > most:
        raise WebhookRefused(f"{name} is missing, or too long")
    return value
