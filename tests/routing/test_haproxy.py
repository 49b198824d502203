"""What HAProxy does with documents by the configuration that is shipped, in front of four hosts."""

import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import adapter_loads
import fleet
import pytest
import requests

ALL = tuple(f"host-{number}" for number in range(1, 5))
ALIASES = ("x-dossier-document-type", "x-llm-d-model-name-rewrite", "serve_multiplexed_model_id")


@pytest.fixture
def hosts():
    """Four hosts that drain for a while."""
    with fleet.hosts(4, "--drain-delay-ms", "8000") as started:
        yield started


@pytest.fixture
def front(hosts, tmp_path):
    """HAProxy in front of them: its address and its socket."""
    with fleet.balancer([host.address for host in hosts], tmp_path) as (address, stats):
        fleet.waited(lambda: fleet.is_up(stats, *ALL), "hosts")
        yield address, stats


def where(hosts):
    """The hosts that have read each type: their places."""
    found = {}
    for place, host in enumerate(hosts):
        for document_type in host.documents():
            found.setdefault(document_type, set()).add(place)
    return found


# Of thirty types, so many may have been with another host for a moment: one that is late with its answer to a check,
# or has twice the average of work, as on a machine with more to do than this.
MOST_ASTRAY = 3


def test_the_shipped_configuration_is_one():
    checked = subprocess.run(["haproxy", "-c", "-f", str(fleet.CONFIGURATION)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert "warning" not in checked.stderr.lower(), checked.stderr


def test_types_stay_with_their_hosts_whoever_is_killed_or_drains(hosts, front):
    address, stats = front
    documents = fleet.documents(hosts[0].address)
    assert len(documents) > 20

    # A type is of one host, however it is named: in the head, by any of its headers, or in the path.
    for document in documents:
        assert fleet.extract(address, document).status_code == 200
    for document, header in zip(documents[:9], ALIASES * 3, strict=True):
        assert fleet.extract(address, document, header=header).status_code == 200
    for document in documents[:3]:
        path = f"/v1/document-types/{document.document_type.replace('/', '%2F')}/extract?fields={document.fields}"
        head = {"content-type": "image/jpeg"}
        sent = requests.post(f"http://{address}{path}", data=document.pages[0], headers=head, timeout=fleet.PATIENCE)
        assert sent.status_code in (200, 422), sent.text
    homes = where(hosts)
    assert set(homes) == {document.document_type for document in documents}
    astray = {document_type: places for document_type, places in homes.items() if len(places) > 1}
    assert len(astray) <= MOST_ASTRAY, astray
    counts = [host.documents() for host in hosts]
    home = {name: max(places, key=lambda place: counts[place][name]) for name, places in homes.items()}
    assert set(home.values()) == {0, 1, 2, 3}, "each host has some"

    # What is answered does not depend on who does.
    document = documents[0]
    answers = [fleet.lasting(fleet.extract(host.address, document)) for host in hosts]
    assert all(answer == answers[0] for answer in answers)
    assert fleet.lasting(fleet.extract(address, document)) == answers[0]

    # What names no type goes round, and nobody is told what a host tells of itself.
    for _ in range(8):
        assert requests.get(f"http://{address}/v1/document-types", timeout=fleet.PATIENCE).status_code == 200
    asked = 'dossier_requests_total{listener="documents",route="/v1/document-types",status="2xx",code="ok"}'
    assert all(host.metrics().get(asked, 0) >= 1 for host in hosts)
    assert requests.get(f"http://{address}/metrics", timeout=fleet.PATIENCE).status_code == 404

    # One is killed: its types go elsewhere, the others stay, and no document is refused.
    killed = home[documents[0].document_type]
    before = [host.documents() for host in hosts]
    hosts[killed].signal(fleet.SIGKILL)
    hosts[killed].ended()
    fleet.waited(lambda: not fleet.is_up(stats, ALL[killed]), "the killed host is seen")
    left = [place for place in range(4) if place != killed]
    for document in documents:
        answer = fleet.extract(address, document)
        assert answer.status_code == 200, (document.document_type, answer.text)
    for place in left:
        read = {
            name: count - before[place].get(name, 0)
            for name, count in hosts[place].documents().items()
            if count > before[place].get(name, 0)
        }
        of_others = {name for name in read if home[name] not in (place, killed)}
        assert len(of_others) <= MOST_ASTRAY, f"host {place} has read {of_others} of others"
        assert len({name for name in home if home[name] == place} - set(read)) <= MOST_ASTRAY

    # One drains while documents come: no document is refused, and it gets no new one.
    few = documents[::4]
    drains = left[0]
    ending, refused = threading.Event(), []

    def come():
        with requests.Session() as session:
            while not ending.is_set():
                for document in few:
                    answer = fleet.extract(address, document, session)
                    if answer.status_code != 200:
                        refused.append((document.document_type, answer.status_code, answer.text[:200]))

    coming = threading.Thread(target=come)
    coming.start()
    hosts[drains].signal(fleet.SIGTERM)
    fleet.waited(lambda: not fleet.is_up(stats, ALL[drains]), "the host that drains is seen")
    given = fleet.states(stats)[ALL[drains]][1]
    for document in few:
        assert fleet.extract(address, document).status_code == 200
    assert fleet.states(stats)[ALL[drains]][1] == given, "it gets nothing any more"
    assert hosts[drains].ended() == 0
    ending.set()
    coming.join()
    assert not refused, refused[:3]


class Broken:
    """A host that works by its probe, takes a request whole, and breaks off."""

    def __init__(self):
        self.taken = []
        broken = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if self.path == "/readyz":
                    self.send_response(200)
                    self.send_header("content-length", "0")
                    self.end_headers()
                    return
                self.break_off()

            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                self.break_off()

            def break_off(self):
                broken.taken.append(f"{self.command} {self.path}")
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_what_may_have_reached_a_host_is_not_sent_again(tmp_path):
    broken = [Broken() for _ in range(4)]
    with fleet.balancer([one.address for one in broken], tmp_path) as (address, stats):
        fleet.waited(lambda: fleet.is_up(stats, *ALL), "hosts")
        document = fleet.Document("utopia/passport/2024", [b"page"])
        for path in ("/v1/extract", "/v2/models/utopia.passport.2024/infer", "/v1/jobs"):
            before = sum(len(one.taken) for one in broken)
            head = {"idempotency-key": "one", fleet.HEADER: document.document_type}
            sent = requests.post(f"http://{address}{path}", data=b"x", headers=head, timeout=fleet.PATIENCE)
            assert sent.status_code == 502
            assert sum(len(one.taken) for one in broken) == before + 1, path
        asked = requests.get(f"http://{address}/v1/document-types", timeout=fleet.PATIENCE)
        assert asked.status_code == 502
        asked = [line for one in broken for line in one.taken if line.startswith("GET")]
        assert len(asked) > 1, "what changes nothing is asked of another host"
    for one in broken:
        one.server.shutdown()
        one.server.server_close()


def test_hosts_load_fewer_adapters_than_round_robin(tmp_path):
    """In a short form: `adapter_loads.py` measures it at full length."""
    measured = adapter_loads.measure(tmp_path, count=100, places=14)
    affinity, round_robin = measured["affinity"]["loads"], measured["round_robin"]["loads"]
    assert round_robin >= 16, measured
    assert affinity * 2 <= round_robin, measured
