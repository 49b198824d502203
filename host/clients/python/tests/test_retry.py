"""What is tried again, how long after, and what never is. Against a real socket; no test waits by the clock."""

from __future__ import annotations

import email.utils
import itertools
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import anyio
import pytest
from fake import EXTRACTION, JOB, FakeHost, Reply, problem

from dossier_client import (
    AsyncClient,
    Client,
    DeadlineExceeded,
    Document,
    DossierError,
    InvalidAnswer,
    Problem,
    RetryPolicy,
    UnexpectedAnswer,
    Unreachable,
)
from dossier_client._retry import Attempts

FAST = RetryPolicy(first_wait=0.0)
Ask = Callable[[str, RetryPolicy], Any]


def ask_now(url: str, retry: RetryPolicy) -> Any:
    with Client(url, retry=retry) as client:
        return client.extract(b"page")


def ask_awaiting(backend: str, url: str, retry: RetryPolicy) -> Any:
    async def ask() -> Any:
        async with AsyncClient(url, retry=retry) as client:
            return await client.extract(b"page")

    return anyio.run(ask, backend=backend)


@pytest.fixture(params=[ask_now, partial(ask_awaiting, "asyncio"), partial(ask_awaiting, "trio")])
def ask(request: pytest.FixtureRequest) -> Iterator[Ask]:
    yield request.param


@pytest.mark.parametrize(
    "first",
    [
        problem("overloaded", 429, retry_after="0"),
        problem("idempotency.in_work", 409),
        problem("internal", 500),
        problem("a.code.of.tomorrow", 503),
        Reply(502, "a proxy's page", content_type="text/html"),
        Reply(is_lost=True),
    ],
    ids=lambda reply: f"{reply.status}-lost" if reply.is_lost else str(reply.status),
)
def test_what_may_pass_is_asked_again_under_the_same_key(ask: Ask, first: Reply) -> None:
    with FakeHost(first, Reply(body=EXTRACTION)) as host:
        answer = ask(host.url, FAST)
    assert answer.verdict == "accepted"
    keys = [request.headers["idempotency-key"] for request in host.received]
    assert len(keys) == 2 and keys[0] == keys[1] and len(keys[0]) == 32


@pytest.mark.parametrize(
    ("first", "error"),
    [
        (problem("page.truncated", 400), Problem),
        (problem("document_type.quarantined", 503), Problem),
        (problem("plugin.trap", 502), Problem),
        (problem("a.code.of.tomorrow", 500), Problem),
        (Reply(404, "none", content_type="text/html"), UnexpectedAnswer),
        (Reply(301, headers={"location": "http://127.0.0.1:9/"}), UnexpectedAnswer),
        (Reply(200, {"verdict": "accepted"}), InvalidAnswer),
        (Reply(200, EXTRACTION | {"verdict": "perhaps"}), InvalidAnswer),
    ],
)
def test_what_stays_is_raised_at_once(ask: Ask, first: Reply, error: type[DossierError]) -> None:
    with FakeHost(first) as host, pytest.raises(error) as raised:
        ask(host.url, FAST)
    assert len(host.received) == 1
    if isinstance(raised.value, Problem):
        assert (raised.value.request_id, raised.value.message) == ("r-1", "why")
        assert raised.value.code in str(raised.value)


def test_it_ends_after_so_many_attempts(ask: Ask) -> None:
    with FakeHost(*[problem("overloaded", 429)] * 3) as host, pytest.raises(Problem) as raised:
        ask(host.url, RetryPolicy(max_attempts=3, first_wait=0.0))
    assert raised.value.code == "overloaded" and len(host.received) == 3


def test_a_host_that_is_not_there_is_told(ask: Ask) -> None:
    with FakeHost() as host:
        url = host.url
    with pytest.raises(Unreachable) as raised:
        ask(url, FAST)
    assert not raised.value.was_sent


def test_the_time_that_is_left_is_told_to_the_host() -> None:
    with FakeHost(problem("overloaded", 429), Reply(body=EXTRACTION)) as host, Client(host.url, retry=FAST) as client:
        client.extract(b"page", timeout=7.0)
    times = [int(request.headers["x-request-timeout-ms"]) for request in host.received]
    assert 7000 >= times[0] >= times[1] > 0


def attempts(made: int, chance: float, policy: RetryPolicy | None = None, timeout: float = 600.0) -> Attempts:
    made_so_far = Attempts(
        policy or RetryPolicy(max_attempts=9), timeout, is_repeatable=True, clock=lambda: 0.0, chance=lambda: chance
    )
    for _ in range(made):
        made_so_far.begin()
    return made_so_far


def refused(after: float | None) -> Problem:
    error = UnexpectedAnswer(503, after)
    assert error.may_pass
    from dossier_client import models

    body = models.ProblemBody(type="", title="", status=429, detail="", code="overloaded", request_id="")
    return Problem(body, after)


def test_waits_grow_to_a_bound_and_differ_by_chance() -> None:
    assert [attempts(made, 1.0).wait_after(refused(None)) for made in range(1, 8)] == [0.25, 0.5, 1, 2, 4, 8, 8]
    assert [attempts(made, 0.0).wait_after(refused(None)) for made in (1, 6)] == [0.125, 4]


def test_retry_after_is_kept_to_within_a_bound() -> None:
    assert attempts(1, 1.0).wait_after(refused(60.0)) == 60.25
    with pytest.raises(Problem):
        attempts(1, 1.0).wait_after(refused(61.0))
    with pytest.raises(Problem):
        attempts(1, 0.0, timeout=5.0).wait_after(refused(5.0))


def test_retry_after_may_be_a_date() -> None:
    date = email.utils.formatdate(time.time() + 3600, usegmt=True)
    for written, least in [(date, 3000.0), ("120", 120.0), ("soon", None), ("-1", None), ("9" * 65, None)]:
        with FakeHost(problem("tenant.rate", 429, retry_after=written)) as host, pytest.raises(Problem) as raised:
            ask_now(host.url, RetryPolicy(max_attempts=1))
        after = raised.value.retry_after
        assert (after is None) == (least is None) and (after or 0) >= (least or 0), written


def test_no_attempt_begins_when_the_time_is_over() -> None:
    clock = itertools.count(0.0, 2.0)
    late = Attempts(RetryPolicy(), 3.0, is_repeatable=True, clock=lambda: next(clock))
    assert late.begin() == 1.0
    with pytest.raises(DeadlineExceeded):
        late.begin()


@pytest.mark.parametrize("timeout", [0.0, -1.0, 3601.0])
def test_a_time_has_bounds(timeout: float) -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(ValueError, match="timeout"):
        client.extract(b"page", timeout=timeout)
    with pytest.raises(ValueError, match="max_attempts"):
        RetryPolicy(max_attempts=21)


DOCUMENT = Document(document_type="utopia/passport/2024", pages=b"page")


def test_a_job_without_a_key_is_not_sent_twice_when_its_answer_is_lost() -> None:
    with FakeHost(Reply(is_lost=True)) as host, Client(host.url, retry=FAST) as client:
        with pytest.raises(Unreachable) as raised:
            client.jobs.submit([DOCUMENT], idempotency_key=None)
    assert raised.value.was_sent and len(host.received) == 1
    with FakeHost(problem("job.too_many", 429), Reply(202, JOB)) as host, Client(host.url, retry=FAST) as client:
        assert client.jobs.submit([DOCUMENT], idempotency_key=None).id == "j-1"
    assert len(host.received) == 2 and "idempotency-key" not in host.received[0].headers


def test_a_job_with_a_key_is_sent_again() -> None:
    with FakeHost(Reply(is_lost=True), Reply(200, JOB)) as host, Client(host.url, retry=FAST) as client:
        assert client.jobs.submit([DOCUMENT], subject="case").is_done
    assert host.received[0].body == host.received[1].body


def test_what_an_erasure_that_was_lost_erased_is_erased() -> None:
    gone = problem("job.unknown", 404)
    with FakeHost(Reply(is_lost=True), gone) as host, Client(host.url, retry=FAST) as client:
        client.jobs.erase("j-1")
    assert [request.method for request in host.received] == ["DELETE", "DELETE"]
    with FakeHost(gone) as host, Client(host.url, retry=FAST) as client, pytest.raises(Problem):
        client.jobs.erase("j-1")


def test_a_webhook_is_not_asked_for_twice() -> None:
    with FakeHost(Reply(is_lost=True)) as host, Client(host.url, retry=FAST) as client, pytest.raises(Unreachable):
        client.jobs.tell_again("j-1")
    assert len(host.received) == 1


def test_a_job_is_waited_for() -> None:
    running = Reply(body=JOB | {"state": "running"})
    with FakeHost(running, running, Reply(body=JOB)) as host, Client(host.url) as client:
        assert client.jobs.wait("j-1").state == "succeeded"

    async def ask(url: str) -> str:
        async with AsyncClient(url) as client:
            return (await client.jobs.wait("j-1")).state

    with FakeHost(running, Reply(body=JOB)) as host:
        assert anyio.run(ask, host.url) == "succeeded"
    with FakeHost(*[running] * 20) as host, Client(host.url) as client, pytest.raises(DeadlineExceeded):
        client.jobs.wait("j-1", timeout=0.2)


def test_every_page_of_a_list_is_asked_for() -> None:
    pages = [Reply(body={"jobs": [JOB], "next": "j-1"}), Reply(body={"jobs": [JOB | {"id": "j-0"}], "next": None})]
    with FakeHost(*pages) as host, Client(host.url) as client:
        assert [job.id for job in client.jobs.all()] == ["j-1", "j-0"]
    assert [request.path for request in host.received] == ["/v1/jobs?limit=100", "/v1/jobs?limit=100&before=j-1"]
