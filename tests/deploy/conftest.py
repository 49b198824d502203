"""Manifests, and the schemas that they are held against."""

import json
import os
import subprocess
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HELM = ROOT / "host/deploy/helm"
CHART = HELM / "dossier"
SCHEMAS = Path(__file__).parent / "schemas"
# The newest that the schemas know, and the oldest that the chart says it is for.
KUBERNETES = ("1.37.0", "1.29.0")


def template(*arguments):
    """What helm makes of the chart: its exit status, its manifests, its errors."""
    command = [os.environ["DOSSIER_HELM"], "template", "dossier", str(CHART), "--namespace", "documents"]
    ran = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True)
    return ran.returncode, ran.stdout, ran.stderr


def resources(text):
    """The resources of a file."""
    return [resource for resource in yaml.safe_load_all(text) if resource]


def refusals(resource):
    """What its schema has against a resource. One that no schema knows is refused too."""
    own = SCHEMAS / f"{resource['apiVersion'].replace('/', '_')}_{resource['kind']}.json"
    if own.exists():
        validator = jsonschema.Draft202012Validator(json.loads(own.read_text()))
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(resource)]
    found = []
    for version in KUBERNETES:
        try:
            kubernetes_validate.validate(resource, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"{version}: {error.message}")
        except kubernetes_validate.SchemaNotFoundError as error:
            found.append(f"{version}: {error}")
    return found


@pytest.fixture(params=sorted(path.stem for path in (HELM / "examples").glob("*.yaml")))
def example(request):
    """The name of an example."""
    return request.param
