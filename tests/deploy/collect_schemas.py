"""Takes the schemas of resources that Kubernetes itself does not have out of their projects' own definitions.

    python collect_schemas.py MIRRORS

MIRRORS has a git repository for each project below, as OWNER/NAME. What people read alone is left out; a key that
a definition does not know is refused, as the API server does where it is asked to be strict.
"""

import argparse
import json
import subprocess
from pathlib import Path

import yaml

HERE = Path(__file__).parent / "schemas"
# Where each stands: the project, the commit, the file.
DEFINITIONS = [
    ("kedacore/keda", "8b4f083ca8c8c2baf8477e322bd4d16ac4dfa09a", "config/crd/bases/keda.sh_scaledobjects.yaml"),
    (
        "kubernetes-sigs/gateway-api",
        "4564255ac2c35d582249b3cdf261bdf51c8bca32",
        "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
    ),
    (
        "prometheus-operator/prometheus-operator",
        "6adcebc5076c34f4f55f8f5f7b1e528929373ac7",
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
    ),
    (
        "vllm-project/aibrix",
        "e3e10f9e4aebe9aac5e7d992fb87d2648e01628b",
        "config/crd/model/model.aibrix.ai_modeladapters.yaml",
    ),
    (
        "kubernetes-sigs/gateway-api-inference-extension",
        "84436a96b9e6ce2b59ddacd3d04c31b4fbd442de",
        "config/crd/bases/inference.networking.k8s.io_inferencepools.yaml",
    ),
    (
        "kserve/kserve",
        "aaac4e294dae2c7b1aa1886447793f3aa1c30912",
        "config/crd/full/serving.kserve.io_servingruntimes.yaml",
    ),
    (
        "kserve/kserve",
        "aaac4e294dae2c7b1aa1886447793f3aa1c30912",
        "config/crd/full/serving.kserve.io_inferenceservices.yaml",
    ),
]
# Of InferenceService a predictor with a runtime of its own is used here. What else it may have is as large again,
# many times: what comes before and after it, a second one beside it, the predictors of one framework each.
FRAMEWORKS = "huggingface lightgbm onnx paddle pmml pytorch sklearn tensorflow triton workerSpec xgboost".split()
LEFT_OUT = {
    "InferenceService": (["explainer"], ["transformer"], ["canary"], *(["predictor", name] for name in FRAMEWORKS))
}


def strict(schema):
    """The schema in JSON Schema's words, without what is for people, and closed."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, value in schema.items():
        if key == "properties":
            made[key] = {name: strict(below) for name, below in value.items()}
        elif key in ("description", "format", "default") or key.startswith("x-kubernetes"):
            continue
        else:
            made[key] = strict(value)
    if schema.get("x-kubernetes-int-or-string"):
        made = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    is_open = "additionalProperties" in schema or schema.get("x-kubernetes-preserve-unknown-fields")
    if "properties" in made and not is_open:
        made["additionalProperties"] = False
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mirrors", type=Path)
    mirrors = parser.parse_args().mirrors
    for project, commit, path in DEFINITIONS:
        command = ["git", "-C", str(mirrors / project), "show", f"{commit}:{path}"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        definition = yaml.safe_load(text)["spec"]
        kind = definition["names"]["kind"]
        for version in definition["versions"]:
            if not version["served"] or version["name"].startswith("v1beta1") and kind == "HTTPRoute":
                continue
            schema = version["schema"]["openAPIV3Schema"]
            spec = schema["properties"]["spec"]["properties"]
            for *above, name in LEFT_OUT.get(kind, ()):
                holder = spec
                for one in above:
                    holder = holder[one]["properties"]
                del holder[name]
            for name in ("status", "metadata"):
                schema["properties"].pop(name, None)
            schema["properties"]["metadata"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
            written = {"$comment": f"{project} {commit} {path}", **strict(schema)}
            api = f"{definition['group']}_{version['name']}"
            (HERE / f"{api}_{kind}.json").write_text(json.dumps(written, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
