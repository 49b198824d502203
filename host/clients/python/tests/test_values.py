"""What is sent, and that no value of a document is shown by accident."""

from __future__ import annotations

import copy
import dataclasses
import io
import logging
import traceback
from pathlib import Path

import pytest
from fake import EXTRACTION, FakeHost, Reply, problem

from dossier_client import Client, Conditions, Document, InvalidAnswer, Problem, RetryPolicy, Webhook
from dossier_client.documents import read_pages

SECRET = "ERIKSSON"


def test_pages_are_paths_bytes_or_files(tmp_path: Path) -> None:
    path = tmp_path / "ERIKSSON.png"
    path.write_bytes(b"one")
    with path.open("rb") as file:
        assert read_pages([path, str(path), b"two", bytearray(b"three"), file]) == [b"one"] * 2 + [
            b"two",
            b"three",
            b"one",
        ]
    assert read_pages(path) == [b"one"] and read_pages(b"x") == [b"x"] and read_pages(io.BytesIO(b"y")) == [b"y"]
    with path.open() as text, pytest.raises(TypeError, match="binary"):
        read_pages(text)


def test_a_form_has_the_pages_in_order_and_no_name_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ERIKSSON.png"
    path.write_bytes(b"first")
    with FakeHost(Reply(body=EXTRACTION)) as host, Client(host.url, token=lambda: "t0ken") as client:
        answer = client.extract(
            [path, b"second"],
            document_type="utopia/passport/2024",
            fields=["surname", "mrz"],
            conditions=Conditions(generation=3),
            idempotency_key="my-key",
        )
    (request,) = host.received
    assert request.body.index(b"first") < request.body.index(b"second")
    assert b"ERIKSSON" not in request.body and b"surname,mrz" in request.body
    assert request.headers["authorization"] == "Bearer t0ken" and request.headers["if-generation"] == "3"
    assert request.headers["idempotency-key"] == "my-key"
    assert request.headers["x-dossier-document-type"] == "utopia/passport/2024"
    assert answer["surname"].value == SECRET and answer["surname"].polygon == ((1, 2), (3, 4), (5, 6), (7, 8.5))
    assert answer.values == {"surname": SECRET, "sex": "F"} and answer.unpassed == ()
    with pytest.raises(KeyError):
        answer["no_such_field"]


def test_what_is_no_type_stands_in_no_header() -> None:
    with FakeHost(problem("document_type.unknown", 404)) as host, Client(host.url) as client:
        with pytest.raises(Problem):
            client.extract(b"page", document_type="Pass é\r\nx: y")
    assert "x-dossier-document-type" not in host.received[0].headers and "x" not in host.received[0].headers


def test_no_repr_shows_what_is_personal() -> None:
    with FakeHost(Reply(body=EXTRACTION)) as host, Client(host.url, token="t0ken") as client:
        answer = client.extract(b"page", idempotency_key=None)
    shown = [repr(answer), str(answer), f"{answer.fields}", repr(client), repr(client.__dict__["_settings"])]
    shown += [
        repr(Document(document_type="a/b/1", pages=b"SECRETPAGE")),
        repr(Webhook(url="https://a", secret="s3cret")),
    ]
    shown += [repr(dataclasses.replace(answer["surname"], raw="ERIKSSON "))]
    for text in shown:
        assert not any(word in text for word in (SECRET, "t0ken", "SECRETPAGE", "s3cret")), text
    assert "<redacted>" in shown[0] and "value=None" not in repr(answer["sex"])


def test_nothing_personal_is_logged_or_raised(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    # A value where none belongs: the error names the place.
    odd = copy.deepcopy(EXTRACTION)
    odd["fields"][0]["confidence"] = SECRET
    cut = Reply(200, SECRET)
    for bad in (Reply(body=odd), cut):
        with FakeHost(problem("overloaded", 429), bad) as host:
            with Client(host.url, token="t0ken", retry=RetryPolicy(first_wait=0)) as client:
                with pytest.raises(InvalidAnswer) as raised:
                    client.extract(b"page", document_type="utopia/passport/2024")
        told = "".join(traceback.format_exception(raised.value)) + caplog.text
        assert SECRET not in told and "t0ken" not in told
    assert "POST /v1/extract, attempt 1: overloaded; again in" in caplog.text


def test_candidates_of_a_document_that_is_of_no_type_are_told() -> None:
    refusal = problem("document_type.unknown", 404)
    refusal.body["candidates"] = [{"document_type": "utopia/passport/2024", "confidence": 0.4}]
    with FakeHost(refusal) as host, Client(host.url) as client, pytest.raises(Problem) as raised:
        client.extract(b"page")
    assert raised.value.candidates[0].document_type == "utopia/passport/2024"


@pytest.mark.parametrize(
    "url", ["host.example", "ftp://host.example", "https://", "https://u:p@host.example", "https://h?x"]
)
def test_an_address_is_one_of_a_host(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Client(url)
