"""Webhooks are of the host, and of now."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fake import JOB

from dossier_client import WebhookRefused, WebhookVerifier

NOW = 1_614_265_330
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32)
PUBLIC = "whpk_" + base64.b64encode(PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
BODY = json.dumps({"type": "job.succeeded", "timestamp": "2026-12-01T08:00:00Z", "data": JOB}).encode()
OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()


def headers(body: bytes = BODY, at: int = NOW, versions: str = "v1 v1a", message: str = "msg_1") -> dict[str, str]:
    signed = f"{message}.{at}.".encode() + body
    tag = hmac.new(base64.b64decode(SECRET[6:]), signed, hashlib.sha256).digest()
    made = {"v1": tag, "v1a": PRIVATE.sign(signed)}
    written = [f"{version},{base64.b64encode(made[version]).decode()}" for version in versions.split()]
    return {"Webhook-Id": message, "Webhook-Timestamp": str(at), "webhook-signature": " ".join(written)}


def test_the_example_of_the_specification_is_taken() -> None:
    body = b'{"test": 2432232314}'
    made = headers(body, versions="v1", message="msg_p5jXN8AQM9LWM0D4loKWxJek")
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    with pytest.raises(WebhookRefused, match="no event"):
        WebhookVerifier(secrets=[SECRET]).verify(made, body, now=NOW)


@pytest.mark.parametrize(
    "verifier",
    [
        WebhookVerifier(secrets=[SECRET]),
        WebhookVerifier(secrets=[OTHER, SECRET]),
        WebhookVerifier(public_keys=[PUBLIC]),
        WebhookVerifier(secrets=[OTHER], public_keys=[PUBLIC]),
    ],
)
def test_one_signature_that_is_known_is_enough(verifier: WebhookVerifier) -> None:
    for at in (NOW - 300, NOW, NOW + 300):
        event = verifier.verify(headers(), BODY, now=at)
    assert (event.type, event.data.id, event.data.counts.succeeded) == ("job.succeeded", "j-1", 1)
    assert SECRET not in repr(verifier)


def test_what_is_not_of_the_host_or_of_now_is_refused() -> None:
    verifier = WebhookVerifier(secrets=[SECRET], public_keys=[PUBLIC])
    good = headers()
    signature = good["webhook-signature"]
    bad: list[tuple[str, dict[str, str], bytes, float]] = [
        ("another body", good, BODY + b" ", NOW),
        ("another id", good | {"Webhook-Id": "msg_2"}, BODY, NOW),
        ("another time", good | {"Webhook-Timestamp": str(NOW + 1)}, BODY, NOW),
        ("too old", good, BODY, NOW + 301),
        ("of the future", good, BODY, NOW - 301),
        ("no time", good | {"Webhook-Timestamp": "-5"}, BODY, NOW),
        ("no signature", {name: text for name, text in good.items() if name != "webhook-signature"}, BODY, NOW),
        ("too many", good | {"webhook-signature": " ".join([signature] * 9)}, BODY, NOW),
        ("another version", good | {"webhook-signature": signature.replace("v1", "v2")}, BODY, NOW),
        ("no base64", good | {"webhook-signature": "v1,! v1a,!"}, BODY, NOW),
        ("crossed", good | {"webhook-signature": signature.split(" ")[0].replace("v1,", "v1a,")}, BODY, NOW),
    ]
    for what, named, body, at in bad:
        with pytest.raises(WebhookRefused):
            verifier.verify(named, body, now=at)
            pytest.fail(what)
    long = b"x" * (64 * 1024 + 1)
    with pytest.raises(WebhookRefused, match="larger"):
        verifier.verify(headers(long), long, now=NOW)


def test_a_verifier_without_a_key_is_none() -> None:
    for secrets, keys in [([], []), (["whsec_"], []), (["MfKQ"], []), ([], ["whpk_AAAA"]), (["whsec_!!"], [])]:
        with pytest.raises(ValueError):
            WebhookVerifier(secrets=secrets, public_keys=keys)
    with pytest.raises(TypeError):
        WebhookVerifier(secrets=SECRET)
