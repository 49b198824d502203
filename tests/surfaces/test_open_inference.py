"""The Open Inference Protocol, spoken by KServe's own client."""

import asyncio
import base64
import json

import httpx
import numpy
import pytest
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

MODELS = ["utopia.passport.2024", "utopia%2Fpassport%2F2024"]
OUTPUTS = ["document", "verdict", "field_names", "field_values", "field_has_value", "field_confidences"]


def ask(call):
    async def run():
        async with InferenceRESTClient(RESTConfig(protocol="v2", timeout=60)) as client:
            return await call(client)

    return asyncio.run(run())


def answers(response):
    return {output.name: output.as_numpy() for output in response.outputs}


def request(model, inputs, **more):
    return InferRequest(model_name=model.replace("%2F", "/"), infer_inputs=inputs, request_id="42", **more)


def binary_pages(page):
    tensor = InferInput("pages", [1], "BYTES")
    tensor.set_data_from_numpy(numpy.array([page], dtype=numpy.object_))
    return tensor


def expected(host, page):
    """What the host's own way in answers."""
    body = {"document_type": "utopia/passport/2024", "pages": [base64.b64encode(page).decode()]}
    response = httpx.post(f"{host}/v1/extract", json=body, timeout=60)
    assert response.status_code == 200, response.text
    return response.json()


def test_the_server_tells_how_it_is(host):
    assert ask(lambda client: client.is_server_live(host)) is True
    assert ask(lambda client: client.is_server_ready(host)) is True
    for model in MODELS:
        assert ask(lambda client, model=model: client.is_model_ready(host, model)) is True
    assert ask(lambda client: client.is_model_ready(host, "utopia.visa.2020")) is False


@pytest.mark.parametrize("model", MODELS)
def test_pages_in_base64_are_read(host, page, model):
    tensor = InferInput("pages", [1], "BYTES", data=[base64.b64encode(page).decode()])
    response = ask(lambda client: client.infer(host, request(model, [tensor]), model_name=model))
    assert (response.model_name, response.id) == (model.replace("%2F", "/"), "42")
    answer, should = answers(response), expected(host, page)
    assert list(answer) == OUTPUTS
    assert json.loads(answer["document"][0])["fields"] == should["fields"]
    assert list(answer["field_names"]) == [field["name"] for field in should["fields"]]
    values = zip(answer["field_values"], answer["field_has_value"], strict=True)
    assert [value if has else None for value, has in values] == [field["value"] for field in should["fields"]]
    read = [field["confidence"] or 0.0 for field in should["fields"]]
    assert numpy.allclose(answer["field_confidences"], read, atol=1e-4)


def test_binary_pages_and_chosen_outputs(host, page):
    fields = InferInput("fields", [2], "BYTES")
    fields.set_data_from_numpy(numpy.array([b"mrz", b"surname"], dtype=numpy.object_))
    wanted = [RequestedOutput("verdict"), RequestedOutput("field_names")]
    inputs = [binary_pages(page), fields]
    model = MODELS[0]
    asked = request(model, inputs, request_outputs=wanted)
    response = ask(lambda client: client.infer(host, asked, model_name=model))
    answer = answers(response)
    assert list(answer) == ["verdict", "field_names"]
    assert list(answer["field_names"][:2]) == ["mrz", "surname"]


def test_binary_outputs(host, page):
    model = MODELS[0]
    asked = request(model, [binary_pages(page)], parameters={"binary_data_output": True})
    headers: dict[str, str] = {}
    response = ask(lambda client: client.infer(host, asked, model_name=model, response_headers=headers))
    assert int(headers["inference-header-content-length"]) < int(headers["content-length"])
    answer, should = answers(response), expected(host, page)
    names = [name.decode() if isinstance(name, bytes) else name for name in answer["field_names"]]
    assert names == [field["name"] for field in should["fields"]]


def test_refusals_are_told_as_the_protocol_wants_it(host, page):
    inputs = [binary_pages(page)]
    unknown = "utopia.visa.2020"
    with pytest.raises(httpx.HTTPStatusError, match="not known here"):
        ask(lambda client: client.infer(host, request(unknown, inputs), model_name=unknown))
    with pytest.raises(httpx.HTTPStatusError, match="another model"):
        ask(lambda client: client.infer(host, request("another", inputs), model_name=MODELS[0]))
    with pytest.raises(httpx.HTTPStatusError, match="412"):
        old = f"{MODELS[0]}/versions/7"
        ask(lambda client: client.infer(host, request(MODELS[0], inputs), model_name=old))
