"""The chart: rendered by helm, held against schemas, and its configuration read by the host."""

import os
import re
import subprocess

import pytest
import yaml
from conftest import CHART, HELM, refusals, resources, template

TOKEN = "dossier_" + "0" * 64


def rendered(example):
    status, text, errors = template("-f", HELM / "examples" / f"{example}.yaml")
    assert status == 0, errors
    return text


def of_kind(manifests, kind):
    return [resource for resource in manifests if resource["kind"] == kind]


def test_helm_finds_nothing_to_mend(example):
    command = [os.environ["DOSSIER_HELM"], "lint", "--strict", str(CHART), "-f", str(HELM / f"examples/{example}.yaml")]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_what_is_committed_is_what_helm_makes(example):
    committed = HELM / "rendered" / f"{example}.yaml"
    assert committed.read_text() == rendered(example), f"helm template makes {committed} anew"


def test_every_resource_is_as_its_schema_wants_it(example):
    manifests = resources(rendered(example))
    assert len(manifests) >= 7
    for resource in manifests:
        assert not refusals(resource), (resource["kind"], refusals(resource))


def test_a_key_that_no_schema_knows_is_refused(example):
    for resource in resources(rendered(example)):
        section = "spec" if "spec" in resource else "metadata"
        resource[section]["misspelt"] = True
        assert refusals(resource), resource["kind"]


def test_pods_have_what_the_restricted_standard_asks_for(example):
    [deployment] = of_kind(resources(rendered(example)), "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    assert pod["enableServiceLinks"] is False, "variables of services would be keys of the host"
    assert pod["automountServiceAccountToken"] is False
    security = pod["securityContext"]
    assert security["runAsNonRoot"] is True and security["runAsUser"] > 0
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] is True and security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        probes = [container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")]
        assert [probe["path"] for probe in probes] == ["/livez", "/livez", "/readyz"]
        assert "memory" in container["resources"]["limits"]


def configuration(manifests, folder):
    """The host's configuration, its files laid into a folder as the pod would have them."""
    [configured] = of_kind(manifests, "ConfigMap")
    [deployment] = of_kind(manifests, "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    mounted = {mount["name"]: mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    text = re.sub('"(/etc|/var)/', rf'"{folder}\1/', configured["data"]["dossier.toml"])
    for path in mounted.values():
        (folder / path.lstrip("/")).mkdir(parents=True, exist_ok=True)
    certificate = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    certificate += ["-days", "2", "-subj", "/CN=dossier", "-keyout", folder / "tls.key", "-out", folder / "tls.crt"]
    subprocess.run(certificate, check=True, capture_output=True)
    certificate, key = (folder / "tls.crt").read_bytes(), (folder / "tls.key").read_bytes()
    files = {
        "tokens": {"tokens.json": b'{"tokens": []}'},
        "tls": {"tls.crt": certificate, "tls.key": key},
        "client-ca": {"ca.crt": certificate},
        "jobs-key": {"jobs.key": b"1" * 64},
    }
    for name, contents in files.items():
        for file, content in contents.items():
            if name in mounted:
                (folder / mounted[name].lstrip("/") / file).write_bytes(content)
    return text


def check_config(folder, text):
    """What the host says of a configuration."""
    file = folder / "dossier.toml"
    file.write_text(text)
    command = [os.environ["DOSSIER_BINARY"], "check-config", "--config", str(file), "--data-root", str(HELM.parents[2])]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_host_takes_the_configuration(example, tmp_path):
    text = configuration(resources(rendered(example)), tmp_path)
    # No program here has GPUs built in, which is not the chart's.
    checked = check_config(tmp_path, text.replace('device = "cuda"\n', ""))
    assert checked.returncode == 0, f"{text}\n{checked.stdout[-2000:]}{checked.stderr}"
    misspelt = check_config(tmp_path, f"misspelt = 1\n{text}")
    assert misspelt.returncode != 0 and "misspelt" in misspelt.stderr


def test_the_host_ends_before_it_is_killed(example):
    manifests = resources(rendered(example))
    [configured], [deployment] = of_kind(manifests, "ConfigMap"), of_kind(manifests, "Deployment")
    lines = dict(line.split(" = ", 1) for line in configured["data"]["dossier.toml"].splitlines() if " = " in line)
    longest = (int(lines["drain_delay_ms"]) + int(lines["shutdown_timeout_ms"])) / 1000
    assert deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > longest


MINIMAL = HELM / "examples/minimal.yaml"
REFUSED = [
    (["--set", "image.digest=", "--set", "image.tag="], "image.digest and image.tag are empty"),
    (["--set", "image.repository="], "image.repository is empty"),
    (["--set", "access.tokensSecret="], "nothing tells who may send documents"),
    (["--set", "access.clientCaSecret=ca"], "needs tls.secret"),
    (["--set", "misspelt=1"], "misspelt"),
    (["--set", "config.listen=0.0.0.0:1"], "listen"),
    (["--set", "config.max_pages=-1"], "max_pages"),
    (["--set", "replicas=many"], "replicas"),
    (["--set", "httpRoute.enabled=true"], "parentRefs"),
    (["--set", "jobs.enabled=true"], "jobs.keySecret"),
    (["--set", "jobs.enabled=true,jobs.keySecret=k"], "jobs.claim"),
    (["--set", "jobs.enabled=true,jobs.keySecret=k,jobs.claim=c"], "replicas is 1"),
    (["--set", "jobs.enabled=true,jobs.keySecret=k,jobs.claim=c,replicas=1,autoscaling.enabled=true"], "replicas is 1"),
    (["--set", "admin.enabled=true"], "admin.publishers"),
]


@pytest.mark.parametrize(("values", "told"), REFUSED, ids=[told for _, told in REFUSED])
def test_values_that_make_no_host_are_refused_by_name(values, told):
    status, _, errors = template("-f", MINIMAL, *values)
    assert status != 0 and told in errors, errors


def test_hosts_that_share_a_store_of_jobs_are_scaled_by_its_lag():
    shared = ["--set", "jobs.enabled=true,jobs.keySecret=k,jobs.shared=true,autoscaling.enabled=true"]
    secret = ["--set", "secretConfig.some_key.secret=s,secretConfig.some_key.key=k"]
    status, text, errors = template("-f", MINIMAL, *shared, *secret)
    assert status == 0, errors
    manifests = resources(text)
    for resource in manifests:
        assert not refusals(resource), (resource["kind"], refusals(resource))
    [scaled], [deployment] = of_kind(manifests, "ScaledObject"), of_kind(manifests, "Deployment")
    load, lag = (trigger["metadata"] for trigger in scaled["spec"]["triggers"])
    assert lag["url"].endswith("/metrics/jobs") and lag["valueLocation"] == "lag"
    assert load["url"].endswith("/metrics/routing") and load["aggregationType"] == "sum"
    # KEDA reads a service and its namespace out of the address, and the port that it must find there.
    assert lag["url"].startswith("http://dossier-hosts.documents.svc:9464/")
    [hosts] = [service for service in of_kind(manifests, "Service") if service["metadata"]["name"] == "dossier-hosts"]
    assert 9464 in [port["port"] for port in hosts["spec"]["ports"]]
    assert "replicas" not in deployment["spec"], "the autoscaler's number is not undone"
    names = {variable["name"]: variable for variable in deployment["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert names["DOSSIER_SOME_KEY"]["valueFrom"] == {"secretKeyRef": {"name": "s", "key": "k"}}


def test_a_gpu_is_asked_for_where_one_is_wanted():
    [deployment] = of_kind(resources(rendered("fleet")), "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    resources_of = pod["containers"][0]["resources"]
    assert resources_of["limits"]["nvidia.com/gpu"] == resources_of["requests"]["nvidia.com/gpu"] == 1
    assert resources_of["limits"]["memory"] == "4Gi" and pod["nodeSelector"] == {"nvidia.com/gpu.present": "true"}
    [deployment] = of_kind(resources(rendered("minimal")), "Deployment")
    assert "nvidia.com/gpu" not in yaml.safe_dump(deployment)
