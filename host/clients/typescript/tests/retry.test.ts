/** What is tried again, how long after, and what never is. Against a real socket; no test waits by the clock. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, DeadlineExceeded, InvalidAnswer, Problem, UnexpectedAnswer, Unreachable } from "../src/index.js";
import { Attempts, policy } from "../src/retry.js";
import { EXTRACTION, JOB, problem, withHost, type Reply } from "./fake.js";

const PAGE = new Uint8Array([1]);
const FAST = { retry: { firstWait: 0 } };
const DOCUMENT = { documentType: "utopia/passport/2024", pages: PAGE };

const passing: [string, Reply][] = [
  ["overloaded", problem("overloaded", 429, { "retry-after": "0" })],
  ["in work", problem("idempotency.in_work", 409)],
  ["internal", problem("internal", 500)],
  ["a code of tomorrow", problem("a.code.of.tomorrow", 503)],
  ["a proxy", { status: 502, body: "its page", contentType: "text/html" }],
  ["lost", { isLost: true }],
];
for (const [what, first] of passing) {
  test(`what may pass is asked again under the same key: ${what}`, async () => {
    const received = await withHost([first, { body: EXTRACTION }], async (url) => {
      assert.equal((await new Client(url, FAST).extract(PAGE)).verdict, "accepted");
    });
    const keys = received.map((request) => request.headers["idempotency-key"]);
    assert.equal(keys.length, 2);
    assert.equal(keys[0], keys[1]);
    assert.match(String(keys[0]), /^[0-9a-f-]{36}$/);
  });
}

const staying: [string, Reply, new (...of: never[]) => Error][] = [
  ["a page", problem("page.truncated", 400), Problem],
  ["quarantined", problem("document_type.quarantined", 503), Problem],
  ["rules", problem("plugin.trap", 502), Problem],
  ["a code of tomorrow", problem("a.code.of.tomorrow", 500), Problem],
  ["no host", { status: 404, body: "none", contentType: "text/html" }, UnexpectedAnswer],
  ["elsewhere", { status: 301, headers: { location: "http://127.0.0.1:9/" } }, UnexpectedAnswer],
  ["half an answer", { body: { verdict: "accepted" } }, InvalidAnswer],
  ["a verdict of tomorrow", { body: { ...EXTRACTION, verdict: "perhaps" } }, InvalidAnswer],
  ["an outcome of tomorrow", { body: { ...EXTRACTION, checks: [{ code: "a", outcome: "maybe" }] } }, InvalidAnswer],
];
for (const [what, first, kind] of staying) {
  test(`what stays is thrown at once: ${what}`, async () => {
    const received = await withHost([first], async (url) => {
      await assert.rejects(new Client(url, FAST).extract(PAGE), (error) => {
        assert.ok(error instanceof kind, String(error));
        if (error instanceof Problem) assert.deepEqual([error.requestId, error.detail], ["r-1", "why"]);
        return true;
      });
    });
    assert.equal(received.length, 1);
  });
}

test("it ends after so many attempts", async () => {
  const busy = problem("overloaded", 429);
  const received = await withHost([busy, busy, busy], async (url) => {
    const host = new Client(url, { retry: { maxAttempts: 3, firstWait: 0 } });
    await assert.rejects(host.extract(PAGE), { code: "overloaded", name: "Problem" });
  });
  assert.equal(received.length, 3);
});

test("a host that is not there is told", async () => {
  let gone = "";
  await withHost([], async (url) => {
    gone = url;
  });
  await assert.rejects(new Client(gone, FAST).extract(PAGE), (error) => error instanceof Unreachable && !error.wasSent);
});

test("the time that is left is told to the host", async () => {
  const received = await withHost([problem("overloaded", 429), { body: EXTRACTION }], (url) =>
    new Client(url, FAST).extract(PAGE, { timeout: 7 }),
  );
  const times = received.map((request) => Number(request.headers["x-request-timeout-ms"]));
  assert.ok(7000 >= times[0]! && times[0]! >= times[1]! && times[1]! > 0, String(times));
});

test("a caller that leaves is not asked to wait", async () => {
  const left = new AbortController();
  const received = await withHost([problem("overloaded", 429, { "retry-after": "30" })], async (url) => {
    const asked = new Client(url).extract(PAGE, { signal: left.signal });
    setTimeout(() => left.abort(), 50);
    await assert.rejects(asked, { name: "AbortError" });
  });
  assert.equal(received.length, 1);
});

function attempts(made: number, chance: number, seconds = 600): Attempts {
  const so_far = new Attempts(policy({ maxAttempts: 9 }), seconds, true, () => 0, () => chance);
  for (let at = 0; at < made; at += 1) so_far.begin();
  return so_far;
}

function refused(after?: number): Problem {
  const body = { type: "", title: "", status: 429, detail: "", code: "overloaded", request_id: "" };
  return new Problem(body, after);
}

test("waits grow to a bound, and differ by chance", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7].map((made) => attempts(made, 1).waitAfter(refused()));
  assert.deepEqual(waits, [0.25, 0.5, 1, 2, 4, 8, 8]);
  assert.deepEqual([1, 6].map((made) => attempts(made, 0).waitAfter(refused())), [0.125, 4]);
});

test("Retry-After is kept to, within a bound and the time", async () => {
  assert.equal(attempts(1, 1).waitAfter(refused(60)), 60.25);
  assert.throws(() => attempts(1, 1).waitAfter(refused(61)), Problem);
  assert.throws(() => attempts(1, 0, 5).waitAfter(refused(5)), Problem);
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  for (const [written, least] of [[date, 3000], ["120", 120], ["soon", undefined], ["-1", undefined]] as const) {
    await withHost([problem("tenant.rate", 429, { "retry-after": written })], async (url) => {
      await assert.rejects(new Client(url, { retry: { maxAttempts: 1 } }).extract(PAGE), (error) => {
        const after = (error as Problem).retryAfter;
        assert.equal(after === undefined, least === undefined, written);
        assert.ok((after ?? 0) >= (least ?? 0), written);
        return true;
      });
    });
  }
});

test("no attempt begins when the time is over, and times have bounds", async () => {
  let now = -2;
  const late = new Attempts(policy({}), 3, true, () => (now += 2));
  assert.equal(late.begin(), 1);
  assert.throws(() => late.begin(), DeadlineExceeded);
  for (const timeout of [0, -1, 3601, Number.NaN]) {
    await assert.rejects(new Client("http://127.0.0.1:9").extract(PAGE, { timeout }), RangeError);
  }
  assert.throws(() => policy({ maxAttempts: 21 }), RangeError);
});

test("a job without a key is not sent twice when its answer is lost", async () => {
  const lost = await withHost([{ isLost: true }], async (url) => {
    const sent = new Client(url, FAST).jobs.submit([DOCUMENT], { idempotencyKey: null });
    await assert.rejects(sent, (error) => error instanceof Unreachable && error.wasSent);
  });
  assert.equal(lost.length, 1);
  const busy = await withHost([problem("job.too_many", 429), { status: 202, body: JOB }], async (url) => {
    assert.equal((await new Client(url, FAST).jobs.submit([DOCUMENT], { idempotencyKey: null })).id, "j-1");
  });
  assert.equal(busy.length, 2);
  assert.equal(busy[0]!.headers["idempotency-key"], undefined);
});

test("a job with a key is sent again", async () => {
  const received = await withHost([{ isLost: true }, { body: JOB }], (url) =>
    new Client(url, FAST).jobs.submit([DOCUMENT], { subject: "case" }),
  );
  assert.equal(received[0]!.body, received[1]!.body);
});

test("what an erasure that was lost erased is erased", async () => {
  const gone = problem("job.unknown", 404);
  const received = await withHost([{ isLost: true }, gone], (url) => new Client(url, FAST).jobs.erase("j-1"));
  assert.deepEqual(received.map((request) => request.method), ["DELETE", "DELETE"]);
  await withHost([gone], (url) => assert.rejects(new Client(url, FAST).jobs.erase("j-1"), { code: "job.unknown" }));
});

test("a webhook is not asked for twice", async () => {
  const received = await withHost([{ isLost: true }], (url) =>
    assert.rejects(new Client(url, FAST).jobs.tellAgain("j-1"), Unreachable),
  );
  assert.equal(received.length, 1);
});

test("a job is waited for, as long as the caller says", async () => {
  const running = { body: { ...JOB, state: "running" } };
  await withHost([running, running, { body: JOB }], async (url) => {
    assert.equal((await new Client(url).jobs.wait("j-1")).state, "succeeded");
  });
  await withHost(Array<Reply>(20).fill(running), (url) =>
    assert.rejects(new Client(url).jobs.wait("j-1", { timeout: 0.2 }), DeadlineExceeded),
  );
});

test("every page of a list is asked for", async () => {
  const pages = [{ body: { jobs: [JOB], next: "j-1" } }, { body: { jobs: [{ ...JOB, id: "j-0" }], next: null } }];
  const received = await withHost(pages, async (url) => {
    const found = [];
    for await (const job of new Client(url).jobs.all()) found.push(job.id);
    assert.deepEqual(found, ["j-1", "j-0"]);
  });
  assert.deepEqual(received.map((request) => request.path), ["/v1/jobs?limit=100", "/v1/jobs?limit=100&before=j-1"]);
});
