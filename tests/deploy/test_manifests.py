"""Manifests for engines that run hosts: held against the definitions of their projects."""

import pytest
from conftest import ROOT, refusals, resources

MANIFESTS = sorted((ROOT / "host/deploy/kubernetes").glob("*.yaml"))


@pytest.mark.parametrize("file", MANIFESTS, ids=[file.stem for file in MANIFESTS])
def test_every_resource_is_as_its_definition_wants_it(file):
    manifests = resources(file.read_text())
    assert manifests
    for resource in manifests:
        assert not refusals(resource), (resource["kind"], refusals(resource))
        resource.setdefault("spec", {})["misspelt"] = True
        assert refusals(resource), f"{resource['kind']}: a key that nobody knows passes"


def test_kserve_looks_whether_a_host_is_ready():
    [runtime, service] = resources((ROOT / "host/deploy/kubernetes/kserve.yaml").read_text())
    [container] = runtime["spec"]["containers"]
    assert container["name"] == "kserve-container"
    # By itself it would take any connection for a sign of readiness.
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": 9464}
    listens = {variable["name"]: variable["value"] for variable in container["env"]}
    assert listens["DOSSIER_METRICS_LISTEN"].endswith(":9464") and listens["DOSSIER_LISTEN"].endswith(":8080")
    [model_format] = runtime["spec"]["supportedModelFormats"]
    assert service["spec"]["predictor"]["model"]["modelFormat"]["name"] == model_format["name"]
    assert service["spec"]["predictor"]["model"]["runtime"] == runtime["metadata"]["name"]
    longest = int(listens["DOSSIER_DRAIN_DELAY_MS"]) / 1000 + 25
    assert service["spec"]["predictor"]["terminationGracePeriodSeconds"] > longest
