"""The calls of AIBrix' controller of adapters, as pkg/controller/modeladapter/lora_client.go makes them at commit
e3e10f9 (v0.7.0-156), against a host behind the HAProxy that the manifest puts beside it."""

import hashlib
import os
import subprocess

import fleet
import requests
import yaml

MANIFEST = fleet.ROOT / "host/deploy/kubernetes/aibrix.yaml"
OBJECT = "utopia-passport-2024"
PASSPORT = "utopia/passport/2024"


def test_the_controller_lists_loads_and_unloads_over_one_port_with_one_token(tmp_path):
    manifests = list(yaml.safe_load_all(MANIFEST.read_text()))
    [beside, _, adapter] = manifests
    assert adapter["metadata"]["name"] == OBJECT
    binary, tokens = os.environ["DOSSIER_BINARY"], tmp_path / "tokens.json"
    new = [binary, "token", "new", "aibrix", "--tenant", "aibrix", "--document-types", "*"]
    token = subprocess.check_output([*new, "--tokens-file", str(tokens)], text=True).strip()
    configured = tmp_path / "dossier.toml"
    digest = hashlib.sha256(token.encode()).hexdigest()
    configured.write_text(
        f'[[tokens]]\npublisher = "aibrix"\nsha256 = "{digest}"\ndocument_types = ["*"]\nplugins = ["*"]\n'
    )
    admin = f"127.0.0.1:{fleet.free_port()}"
    more = ["--config", str(configured), "--tokens-file", str(tokens), "--admin-listen", admin]
    more += ["--data-dir", str(tmp_path / "store"), "--dev"]
    with fleet.host(*more) as host:
        front = f"127.0.0.1:{fleet.free_port()}"
        text = beside["data"]["haproxy.cfg"].replace(":8000", front)
        text = text.replace("127.0.0.1:8080", host.address).replace("127.0.0.1:8081", admin)
        (tmp_path / "haproxy.cfg").write_text(text)
        proxy = subprocess.Popen(["haproxy", "-db", "-f", str(tmp_path / "haproxy.cfg")])
        try:
            with requests.Session() as controller:
                controller.headers["authorization"] = f"Bearer {token}"
                ask(controller, f"http://{front}")
        finally:
            proxy.terminate()
            proxy.wait(timeout=fleet.PATIENCE)


def ask(controller, address):
    def answers():
        try:
            return controller.get(f"{address}/v1/models", timeout=fleet.PATIENCE)
        except requests.ConnectionError:
            return None

    models = fleet.waited(answers, "HAProxy listens")
    assert models.status_code == 200, models.text
    assert PASSPORT in [model["id"] for model in models.json()["data"]]
    status = controller.get(f"{address}/v1/packages/{PASSPORT.replace('/', '%2F')}", timeout=fleet.PATIENCE).json()
    load = {"lora_name": OBJECT, "lora_path": f"/{status['active']}"}
    # The controller asks again until it sees the adapter by the object's name, which it never does.
    for _ in range(2):
        loaded = controller.post(f"{address}/v1/load_lora_adapter", json=load, timeout=fleet.PATIENCE)
        assert loaded.status_code in (200, 201), loaded.text
    unloaded = controller.post(f"{address}/v1/unload_lora_adapter", json={"lora_name": OBJECT}, timeout=fleet.PATIENCE)
    assert unloaded.status_code in (200, 201), unloaded.text
    other = {**load, "lora_name": "utopia-visa-2020"}
    assert controller.post(f"{address}/v1/load_lora_adapter", json=other, timeout=fleet.PATIENCE).status_code == 404
    controller.headers["authorization"] = "Bearer another"
    for path in ("/v1/load_lora_adapter", "/v1/unload_lora_adapter"):
        assert controller.post(f"{address}{path}", json=load, timeout=fleet.PATIENCE).status_code == 401
    assert controller.get(f"{address}/v1/models", timeout=fleet.PATIENCE).status_code == 401
