"""What a host exposes, read as llm-d-router reads it at commit ebab687 (v0.10.0-rc.1-62): by the rules of
pkg/epp/framework/plugins/datalayer/extractor/metrics and of .../source/models, with the configuration that is
shipped. The router is written in Go, and was not run here."""

import re
import time

import fleet
import pytest
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

MANIFEST = fleet.ROOT / "host/deploy/kubernetes/llm-d.yaml"
PASSPORT = "utopia/passport/2024"
# factories.go: the JSON names of engineConfigParams. Its decoder refuses any other (registry.go, StrictDecoder).
ENGINE_KEYS = {
    "name",
    "queuedRequestsSpec",
    "runningRequestsSpec",
    "kvUsageSpec",
    "loraSpec",
    "cacheInfoSpec",
    "cacheBlockSizeLabelName",
    "cacheNumBlocksLabelName",
    "cacheBlockSizeSpec",
    "cacheNumBlocksSpec",
    "customMetrics",
}
# cmd/epp/runner/runner.go registers these.
PLUGINS = {
    "metrics-data-source",
    "core-metrics-extractor",
    "passthrough-parser",
    "lora-affinity-scorer",
    "queue-scorer",
    "max-score-picker",
    "single-profile-handler",
}
# spec.go: metricSpecRE, and model.LegacyValidation of the name.
SPEC = re.compile(r"^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{([^}]*)\})?\s*$")


@pytest.fixture(scope="module")
def picker():
    """The picker's configuration, and the pool's."""
    pool, configured = yaml.safe_load_all(MANIFEST.read_text())
    return pool, yaml.safe_load(configured["data"]["picker.yaml"])


@pytest.fixture(scope="module")
def host():
    """A host that has read a document, with room for some of its types' adapters."""
    with fleet.host("--adapter-memory-bytes", str(12 * 890_000)) as started:
        known = {document.document_type: document for document in fleet.documents(started.address)}
        assert fleet.extract(started.address, known[PASSPORT]).status_code == 200
        yield started


def families(host, path):
    answer = requests.get(f"http://{host.address}{path}", timeout=fleet.PATIENCE)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def latest(families, spec):
    """spec.go: the series that matches; loraspec.go: the one of the highest value."""
    name, labels = SPEC.match(spec).groups()
    assert labels is None
    return max(families[name].samples, key=lambda sample: sample.value)


def engine(picker):
    [extractor] = [plugin for plugin in picker["plugins"] if plugin["type"] == "core-metrics-extractor"]
    [configured] = extractor["parameters"]["engineConfigs"]
    return configured


def test_the_configuration_has_what_the_router_knows(picker):
    pool, configured = picker
    types = [plugin["type"] for plugin in configured["plugins"]]
    assert set(types) == PLUGINS and len(types) == len(PLUGINS)
    assert set(engine(configured)) <= ENGINE_KEYS
    referred = [one["pluginRef"] for one in configured["requestHandler"]["parsers"]]
    for source in configured["dataLayer"]["sources"]:
        referred += [source["pluginRef"], *(one["pluginRef"] for one in source["extractors"])]
    for profile in configured["schedulingProfiles"]:
        referred += [one["pluginRef"] for one in profile["plugins"]]
    assert set(referred) | {"single-profile-handler"} == PLUGINS
    # The engine is chosen by a label that the chart gives each pod.
    labels = pool["spec"]["selector"]["matchLabels"]
    assert labels["llm-d.ai/engine-type"] == engine(configured)["name"]
    deployment = (fleet.ROOT / "host/deploy/helm/rendered/minimal.yaml").read_text()
    assert f"llm-d.ai/engine-type: {engine(configured)['name']}\n" in deployment


def test_every_metric_that_the_router_is_told_of_is_there_and_a_gauge(host, picker):
    configured = engine(picker[1])
    [source] = [plugin for plugin in picker[1]["plugins"] if plugin["type"] == "metrics-data-source"]
    read = families(host, source["parameters"]["path"])
    specs = {key: spec for key, spec in configured.items() if key.endswith("Spec") and spec}
    specs |= {one["attributeKey"]: one["metricSpec"] for one in configured["customMetrics"]}
    assert {"queuedRequestsSpec", "runningRequestsSpec", "loraSpec"} <= set(specs)
    for key, spec in specs.items():
        sample = latest(read, spec)
        assert read[SPEC.match(spec)[1]].type == "gauge" and sample.value >= 0, key
    # Nobody has anything in work.
    for key in ("queuedRequestsSpec", "runningRequestsSpec"):
        assert latest(read, specs[key]).value == 0


def test_adapters_in_memory_are_told_as_loaded(host, picker):
    read = families(host, "/metrics/routing")
    sample = latest(read, engine(picker[1])["loraSpec"])
    assert abs(sample.value - time.time()) < 3600, "the value is the time, of which the latest counts"
    running = [name.strip() for name in sample.labels["running_lora_adapters"].split(",")]
    assert int(sample.labels["max_lora"]) == 12
    assert PASSPORT in running, "it was read just now, and nobody asks for it any more"
    known = {document.document_type for document in fleet.documents(host.address)}
    assert set(running) <= known and len(running) <= 12 < len(known)
    # The residency that newer versions read tells the same.
    loaded = read["vllm:lora_adapter_loaded"].samples
    assert {one.labels["adapter_name"] for one in loaded if one.labels["level"] == "gpu"} == set(running)
    assert read["vllm:num_gpu_loaded_lora_adapters"].samples[0].value <= 12
    assert read["vllm:max_gpu_lora_adapters"].samples[0].value == 12
    assert {"vllm:num_cpu_loaded_lora_adapters", "vllm:lora_adapter_load_seconds"} <= set(read)


def test_models_are_listed_as_the_router_reads_them(host):
    listed = requests.get(f"http://{host.address}/v1/models", timeout=fleet.PATIENCE).json()["data"]
    [base] = [model["id"] for model in listed if model["parent"] is None]
    assert all(model["parent"] == base for model in listed if model["id"] != base)
    assert PASSPORT in [model["id"] for model in listed]


def test_what_the_router_leaves_of_a_head_is_answered(host):
    """Its picker takes its own headers away (headers.go, InputControlHeaders): the type stands in the body too."""
    known = {document.document_type: document for document in fleet.documents(host.address)}
    asked = fleet.extract(host.address, known[PASSPORT], header="x-llm-d-model-name-rewrite")
    left = fleet.extract(host.address, known[PASSPORT], header=None)
    assert asked.status_code == left.status_code == 200
    assert fleet.lasting(asked) == fleet.lasting(left)
