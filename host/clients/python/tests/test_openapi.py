"""The models, codes and calls are those of the host's own description."""

from __future__ import annotations

import dataclasses
import inspect
import json
import types
import typing
from pathlib import Path
from typing import Any

import pytest

from dossier_client import CODES, AsyncClient, AsyncJobs, Client, Conditions, Document, Jobs, Webhook, _calls, models
from dossier_client._parse import is_required

OPENAPI = json.loads((Path(__file__).parents[3] / "docs/openapi.json").read_text())
SCHEMAS = OPENAPI["components"]["schemas"]
MODELS: dict[str, type[Any]] = {
    "BarcodeBody": models.Barcode,
    "CandidateBody": models.Candidate,
    "CheckBody": models.Check,
    "DocumentTypeBody": models.DocumentType,
    "DocumentTypesBody": models.DocumentTypes,
    "Erased": models.Erased,
    "ExtractBody": models.Extraction,
    "FieldBody": models.Field,
    "Job": models.Job,
    "JobCounts": models.JobCounts,
    "JobDocument": models.JobDocument,
    "JobResult": models.JobResult,
    "JobResults": models.JobResults,
    "JobWebhook": models.JobWebhook,
    "Jobs": models.Jobs,
    "MeasuredBody": models.Measured,
    "OneDocumentTypeBody": models.OneDocumentType,
    "OtherReadingBody": models.OtherReading,
    "PageBody": models.Page,
    "ProblemBody": models.ProblemBody,
    "RulesBody": models.Rules,
    "ScalingBody": models.Scaling,
    "ServedByBody": models.ServedBy,
    "TimingsBody": models.Timings,
    "WebhookKey": models.WebhookKey,
}
SENT = {"DocumentForm", "DocumentJson", "EraseJson", "JobJson", "WebhookJson"}
"""What is sent: `_calls` writes these."""
OTHER_PROTOCOLS = {"ModelsBody", "ListedModel"}
"""The Open Inference Protocol and OpenAI's list have clients of their own."""
ROUTERS = {"x-llm-d-model-name-rewrite", "x-gateway-model-name-rewrite", "serve_multiplexed_model_id"}
"""What some routers call the header of the document type; a router writes these itself."""
LEFT_OUT = {"get_models", "post_page"}
"""The list in OpenAI's shape; the same as `post_extract`, in another form."""


def keys_of_schema(schema: dict[str, Any]) -> dict[str, tuple[Any, bool]]:
    """Each key's type, and whether it is always there."""
    keys: dict[str, tuple[Any, bool]] = {}
    for part in schema.get("allOf", [schema]):
        part = SCHEMAS[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        if "allOf" in part:
            keys |= keys_of_schema(part)
        for name, kind in part.get("properties", {}).items():
            keys[name] = (type_of_schema(kind), name in part.get("required", []))
    return keys


def type_of_schema(schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "oneOf" in schema:
        (one,) = [part for part in schema["oneOf"] if part != {"type": "null"}]
        return ("or null", type_of_schema(one))
    kind = schema["type"]
    if isinstance(kind, list):
        (one,) = [part for part in kind if part != "null"]
        return ("or null", type_of_schema(schema | {"type": one}))
    if kind == "array":
        return ("list", type_of_schema(schema["items"]))
    if "enum" in schema:
        return ("one of", tuple(schema["enum"]))
    return kind


def keys_of_model(model: type[Any]) -> dict[str, tuple[Any, bool]]:
    hints = typing.get_type_hints(model)
    return {field.name: (type_of_hint(hints[field.name]), is_required(field)) for field in dataclasses.fields(model)}


def type_of_hint(hint: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (one,) = [argument for argument in arguments if argument is not type(None)]
        return ("or null", type_of_hint(one))
    if origin is tuple:
        return ("list", type_of_hint(arguments[0]))
    if origin is typing.Literal:
        return ("one of", arguments)
    if dataclasses.is_dataclass(hint):
        return next(name for name, model in MODELS.items() if model is hint)
    return {str: "string", int: "integer", float: "number", bool: "boolean"}[hint]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_the_keys_of_its_schema(name: str) -> None:
    assert keys_of_model(MODELS[name]) == keys_of_schema(SCHEMAS[name])


def test_every_schema_of_this_api_has_a_model() -> None:
    used: set[str] = set()

    def follow(part: Any) -> None:
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in used:
                used.add(name)
                follow(SCHEMAS[name])
            for value in part.values():
                follow(value)
        elif isinstance(part, list):
            for value in part:
                follow(value)

    for path, item in OPENAPI["paths"].items():
        if path.startswith("/v1/"):
            follow(item)
    assert used == set(MODELS) | SENT | OTHER_PROTOCOLS


def test_every_code_is_judged_and_no_other() -> None:
    codes: set[str] = set()

    def gather(part: Any) -> None:
        if isinstance(part, dict):
            named = part.get("properties", {}).get("code", {})
            codes.update(named.get("enum", []))
            for value in part.values():
                gather(value)
        elif isinstance(part, list):
            for value in part:
                gather(value)

    gather(OPENAPI["paths"])
    assert len(codes) > 60
    assert set(CODES) == codes


def test_what_is_sent_has_the_keys_of_its_schema() -> None:
    document = Document(document_type="a/b/1", pages=b"1", fields=("mrz",))
    job = _calls.submit([document], "case", 60, Webhook(url="https://a.example", secret="whsec_"), None, None)
    form = _calls.extract(b"1", "a/b/1", ["mrz"], None, None)
    assert form.form is not None and form.files is not None
    sent = {"DocumentForm": {*form.form, form.files[0][0]}, "JobJson": job.json, "EraseJson": {"subject", "all"}}
    sent |= {"DocumentJson": job.json["documents"][0], "WebhookJson": job.json["webhook"]}
    assert set(sent) == SENT
    for name, keys in sent.items():
        assert set(keys) == set(SCHEMAS[name]["properties"]), name


def test_every_call_is_an_operation_and_every_operation_has_a_call() -> None:
    calls: list[_calls.Call[Any]] = [
        _calls.extract(b"", None, None, None, None),
        _calls.document_types(),
        _calls.document_type("a/b/1"),
        _calls.probe("/livez"),
        _calls.probe("/readyz"),
        _calls.submit([], None, None, None, None, None),
        _calls.jobs(1, None),
        _calls.job("j"),
        _calls.result("j"),
        _calls.cancel("j"),
        _calls.tell_again("j"),
        _calls.erase("j"),
        _calls.erase_many({}),
        _calls.webhook_key(),
    ]
    operations = {
        (method, path): operation["operationId"]
        for path, item in OPENAPI["paths"].items()
        for method, operation in item.items()
        if not path.startswith("/v2")
    }
    called = {operations[call.method.lower(), call.route] for call in calls}
    assert called == set(operations.values()) - LEFT_OUT
    headers = {part["name"] for part in OPENAPI["paths"]["/v1/extract"]["post"]["parameters"]}
    conditions = Conditions(generation=1, base="a", adapter="b", rules="c").headers()
    named = {*conditions, "idempotency-key", "x-request-timeout-ms", *_calls._routing_headers("a/b/1")}
    assert headers == named | ROUTERS


@pytest.mark.parametrize(("one", "other"), [(Client, AsyncClient), (Jobs, AsyncJobs)])
def test_both_clients_have_the_same_calls(one: type[Any], other: type[Any]) -> None:
    def calls(cls: type[Any]) -> dict[str, tuple[list[str], str | None]]:
        public = {name: call for name, call in vars(cls).items() if inspect.isfunction(call) and name[0] != "_"}
        return {
            name: ([str(p) for p in inspect.signature(call).parameters.values()], call.__doc__)
            for name, call in public.items()
        }

    assert calls(one) == calls(other)
    assert len(calls(one)) >= 6
