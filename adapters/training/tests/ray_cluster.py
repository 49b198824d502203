"""A fleet on a real Ray cluster: its head is started here, its jobs share no folder with the fleet, and a worker is killed.

    pip install ray==2.60.0
    python tests/ray_cluster.py

Not one of pytest's files: Ray is a large package and its start slow. Exits with 0 once everything held.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
from safetensors.torch import load_file
from torch import equal

from dossier_training.dataset import captured_documents, write_donut
from dossier_training.factory import fleet as fleets
from dossier_training.factory.settings import read_fleet

REPOSITORY = Path(__file__).parents[3]
LICENCE, CARD = "utopia/driving-licence/2022", "utopia/id-card/2023"
TOGETHER = "norvaria/driving-licence/2019", "helvetara/driving-licence/2024"
# Below the range that Ray gives to its workers.
_PORT = 6399


def _fleet(folder: Path) -> Path:
    file = folder / "fleet.toml"
    file.write_text(f"""
base = "{REPOSITORY / "adapters" / "base" / "dossier-small"}"
adapters = "adapters"
start = "{REPOSITORY / "adapters" / "training" / "starter"}"
training = {{ steps = 4, batch = 1, r = 8, evaluate_every = 4, checkpoint_seconds = 0 }}
gates = {{ fields_exact = 0.0 }}
[[types]]
document_type = "{LICENCE}"
data = {{ folder = "licences" }}
[[types]]
document_type = "{CARD}"
data = {{ generate = "{CARD}", count = 24, seed = 5 }}
regression = {{ generate = "{CARD}", count = 2, seed = 6 }}
[[types]]
document_type = "{TOGETHER[0]}"
data = {{ folder = "norvaria" }}
[[types]]
document_type = "{TOGETHER[1]}"
data = {{ generate = "{TOGETHER[1]}", count = 24, seed = 5 }}
[[groups]]
document_types = {list(TOGETHER)}
""")
    write_donut(captured_documents(LICENCE, 24, 4), folder / "licences")
    write_donut(captured_documents(TOGETHER[0], 24, 4), folder / "norvaria")
    return file


def _kill_a_worker(killed: threading.Event) -> None:
    """Kills the first worker that has a checkpoint: the task must be tried again and go on from there."""
    nodes = Path(tempfile.gettempdir()) / "dossier-train"
    while not killed.is_set():
        if any(nodes.glob("*/run/checkpoint.pt")):
            for process in psutil.process_iter(["cmdline"]):
                if " ".join(process.info["cmdline"] or []).startswith(f"ray::{LICENCE}"):
                    process.send_signal(signal.SIGKILL)
                    killed.set()
                    return
        time.sleep(0.05)


def main() -> None:
    """Starts a head, runs the fleet on it and here, and compares."""
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="ray-fleet-"))
    os.environ["TMPDIR"] = str(folder / "node")
    (folder / "node").mkdir()
    tempfile.tempdir = None
    file = _fleet(folder)
    ray = [str(Path(sys.executable).parent / "ray")]
    # Workers find torch in this environment; the package itself must travel by Ray.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # The loopback address alone: whoever reaches a head may run what he likes.
    arguments = ["--node-ip-address=127.0.0.1", f"--port={_PORT}", "--num-cpus=2", "--include-dashboard=false", "--disable-usage-stats", f"--temp-dir={folder / 'r'}"]
    head = subprocess.Popen([*ray, "start", "--head", "--block", *arguments], env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        while socket.socket().connect_ex(("127.0.0.1", _PORT)):
            assert head.poll() is None, "the head did not start"
            time.sleep(0.2)
        print(f"the head stands after {time.monotonic() - started:.0f} s", flush=True)
        killed = threading.Event()
        watcher = threading.Thread(target=_kill_a_worker, args=(killed,), daemon=True)
        watcher.start()
        states = fleets.run(read_fleet(file), folder / "runs", ray=f"127.0.0.1:{_PORT}")
        assert [state["state"] for state in states] == ["installed"] * 4, states
        assert killed.is_set(), "no worker was killed: nothing was tried again"
    finally:
        os.killpg(head.pid, signal.SIGKILL)
        head.wait()
    shutil.copytree(folder / "adapters", folder / "by-ray")
    shutil.rmtree(folder / "adapters")
    shutil.rmtree(folder / "runs")
    states = fleets.run(read_fleet(file), folder / "runs", processes=2)
    assert [state["state"] for state in states] == ["installed"] * 4, states
    for name in (LICENCE, CARD, *TOGETHER):
        one, other = (load_file(folder / part / name / "adapter_model.safetensors") for part in ("by-ray", "adapters"))
        assert one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one), f"{name} differs"
    shutil.rmtree(folder)
    print(f"1 passed, 0 failed\n{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
