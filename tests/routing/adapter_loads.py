"""How often hosts load adapters with affinity, and round robin: counted from their own metrics."""

import argparse
import json
import os
import queue
import random
import tempfile
import threading
from pathlib import Path

import fleet
import requests

# Of a shipped adapter in the model's memory, with a little room: it is kept as wide as it is computed with.
ADAPTER_BYTES = 890_000
HOSTS = 4
CLIENTS = 8


def round_robin(text):
    """The shipped configuration, with every host in turn."""
    changed = text.replace("balance hash var(txn.type)", "balance roundrobin")
    for line in ("hash-type consistent sdbm avalanche", "hash-balance-factor 200"):
        assert line in changed
        changed = changed.replace(line, "")
    return changed


def zipf(documents, count, exponent, seed):
    """So many documents, the types as often as Zipf's law says."""
    chosen = random.Random(seed)
    ranked = list(documents)
    chosen.shuffle(ranked)
    weights = [1 / (rank + 1) ** exponent for rank in range(len(ranked))]
    return chosen.choices(ranked, weights, k=count)


def send(address, documents):
    """Sends them from several clients; answers the statuses that were not 200."""
    waiting = queue.SimpleQueue()
    for document in documents:
        waiting.put(document)
    others = []

    def client():
        with requests.Session() as session:
            while True:
                try:
                    document = waiting.get_nowait()
                except queue.Empty:
                    return
                answer = fleet.extract(address, document, session)
                if answer.status_code != 200:
                    others.append((answer.status_code, answer.text[:300]))

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    return others


def loads(hosts, folder, documents, change):
    """The loads of all hosts together, and the documents of each."""
    folder.mkdir()
    before = sum(host.loads() for host in hosts)
    read = [sum(host.documents().values()) for host in hosts]
    with fleet.balancer([host.address for host in hosts], folder, change) as (front, stats):
        fleet.waited(lambda: fleet.is_up(stats, *(f"host-{n + 1}" for n in range(HOSTS))), "hosts")
        others = send(front, documents)
    assert not others, others[:3]
    spread = [sum(host.documents().values()) - one for host, one in zip(hosts, read, strict=True)]
    return sum(host.loads() for host in hosts) - before, spread


def measure(folder, count, places, exponent=1.0, seed=1):
    """Both, each with hosts of its own that begin with what their start left in memory."""
    measured = {"documents": count, "places": places, "hosts": HOSTS, "clients": CLIENTS, "zipf": exponent}
    budget = ("--adapter-memory-bytes", str(places * ADAPTER_BYTES))
    for name, change in (("affinity", lambda text: text), ("round_robin", round_robin)):
        with fleet.hosts(HOSTS, *budget) as hosts:
            known = fleet.documents(hosts[0].address)
            assert places < len(known), "a host has no room for every type"
            measured["types"] = len(known)
            told = [value for series, value in hosts[0].metrics().items() if series.startswith("vllm:max_gpu_lora")]
            assert told == [places], f"a host says it has room for {told}"
            # Once through all types, so that what the start left in memory tells nothing.
            loads(hosts, folder / f"{name}-first", known, change)
            sent = zipf(known, count, exponent, seed)
            counted, spread = loads(hosts, folder / name, sent, change)
            measured[name] = {"loads": counted, "documents_of_each_host": spread}
    measured["ratio"] = measured["affinity"]["loads"] / max(measured["round_robin"]["loads"], 1)
    return measured


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--places", type=int, default=12, help="adapters that a host has room for")
    parser.add_argument("--zipf", type=float, default=1.0)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    assert "DOSSIER_BINARY" in os.environ, "the host to measure"
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder), arguments.documents, arguments.places, arguments.zipf)
    text = json.dumps(measured, indent=1)
    print(text)
    if arguments.out:
        arguments.out.write_text(f"{text}\n")


if __name__ == "__main__":
    main()
