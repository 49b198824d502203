/** What is sent, and that no value of a document is shown by accident. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { inspect } from "node:util";

import { Client, CODES, Extraction, InvalidAnswer, Problem } from "../src/index.js";
import { base64Of } from "../src/documents.js";
import { EXTRACTION, JOB, problem, withHost } from "./fake.js";

const SECRET = "ERIKSSON";

test("a form has the pages in order and no name of a file", async () => {
  const pages = [new File(["first"], "ERIKSSON.png"), new TextEncoder().encode("second")];
  const received = await withHost([{ body: EXTRACTION }], async (url) => {
    const host = new Client(url, { token: async () => "t0ken" });
    const answer = await host.extract(pages, {
      documentType: "utopia/passport/2024",
      fields: ["surname", "mrz"],
      conditions: { generation: 3 },
      idempotencyKey: "my-key",
    });
    assert.deepEqual(answer.values(), { surname: SECRET, sex: "F" });
    assert.equal(answer.field("surname").raw, SECRET);
    assert.deepEqual(answer.unpassed, []);
    assert.throws(() => answer.field("no_such_field"), RangeError);
  });
  const [{ body, headers }] = received as [(typeof received)[0]];
  assert.ok(body.indexOf("first") > 0 && body.indexOf("first") < body.indexOf("second"));
  assert.ok(!body.includes("ERIKSSON") && body.includes("surname,mrz"));
  assert.equal(headers.authorization, "Bearer t0ken");
  assert.equal(headers["if-generation"], "3");
  assert.equal(headers["idempotency-key"], "my-key");
  assert.equal(headers["x-dossier-document-type"], "utopia/passport/2024");
});

test("what is no type stands in no header", async () => {
  const received = await withHost([problem("document_type.unknown", 404)], (url) =>
    assert.rejects(new Client(url).extract(new Uint8Array([1]), { documentType: "Pass é\r\nx: y" }), Problem),
  );
  assert.equal(received[0]!.headers["x-dossier-document-type"], undefined);
});

test("neither a log nor JSON of a result has a value", async () => {
  await withHost([{ body: EXTRACTION }, { body: { id: "j", state: "succeeded", documents: [{ document: 1, state: "succeeded", answer: EXTRACTION }] } }], async (url) => {
    const host = new Client(url, { token: "t0ken" });
    const answer = await host.extract(new Uint8Array([1]), { idempotencyKey: null });
    const results = await host.jobs.result("j");
    assert.ok(results.documents[0]!.answer instanceof Extraction);
    assert.equal(results.documents[0]!.answer.field("surname").value, SECRET);
    for (const shown of [answer, results, host]) {
      const text = inspect(shown, { depth: 9, showHidden: true }) + JSON.stringify(shown) + String(shown);
      assert.ok(!text.includes(SECRET) && !text.includes("t0ken"), text);
    }
    assert.match(inspect(answer, { depth: 9 }), /surname/);
  });
});

test("no error has a value", async () => {
  const odd = structuredClone(EXTRACTION) as { fields: { confidence: unknown }[] };
  odd.fields[0]!.confidence = SECRET;
  for (const body of [odd, SECRET, { ...EXTRACTION, verdict: SECRET }]) {
    await withHost([{ body }], (url) =>
      assert.rejects(new Client(url).extract(new Uint8Array([1])), (error) => {
        assert.ok(error instanceof InvalidAnswer);
        assert.ok(!inspect(error, { depth: 9 }).includes(SECRET), inspect(error));
        return true;
      }),
    );
  }
});

test("candidates of a document that is of no type are told", async () => {
  const candidates = [{ document_type: "utopia/passport/2024", confidence: 0.4 }];
  await withHost([problem("document_type.unknown", 404, {}, { candidates })], (url) =>
    assert.rejects(new Client(url).extract(new Uint8Array([1])), (error) => {
      assert.ok(error instanceof Problem);
      assert.deepEqual(error.candidates, candidates);
      return true;
    }),
  );
});

test("pages of a job are in base64, whole", async () => {
  const bytes = Uint8Array.from({ length: 100_001 }, (_, at) => at % 251);
  const written = Buffer.from(bytes).toString("base64");
  assert.deepEqual(await base64Of([bytes, new Blob([])]), [written, ""]);
  const received = await withHost([{ status: 202, body: JOB }], (url) =>
    new Client(url).jobs.submit([{ documentType: "a/b/1", pages: bytes, fields: ["mrz"] }], {
      subject: "case",
      ttlSeconds: 60,
      webhook: { url: "https://hooks.example" },
    }),
  );
  assert.deepEqual(JSON.parse(received[0]!.body), {
    documents: [{ document_type: "a/b/1", pages: [written], fields: ["mrz"] }],
    subject: "case",
    ttl_seconds: 60,
    webhook: { url: "https://hooks.example" },
  });
});

test("an address is one of a host", () => {
  for (const url of ["host.example", "ftp://host.example", "https://u:p@host.example", "https://h.example?x"]) {
    assert.throws(() => new Client(url), Error, url);
  }
});

test("every operation has a call", async () => {
  const openapi = process.env["DOSSIER_OPENAPI"] ?? "../../docs/openapi.json";
  const described = JSON.parse(await readFile(openapi, "utf8")) as { paths: Record<string, Record<string, object>> };
  const operations = Object.entries(described.paths)
    .filter(([path]) => !path.startsWith("/v2"))
    .flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`));
  const type = "utopia/passport/2024";
  const refusals = Array.from({ length: 14 }, () => problem("route.unknown", 404));
  const received = await withHost(refusals, async (url) => {
    const host = new Client(url);
    const page = new Uint8Array([1]);
    const calls = [host.extract(page), host.documentTypes(), host.documentType(type), host.live(), host.ready()];
    const jobs = [host.jobs.submit([]), host.jobs.list(), host.jobs.get("j"), host.jobs.result("j"), host.jobs.cancel("j")];
    const others = [host.jobs.tellAgain("j"), host.jobs.erase("j"), host.jobs.eraseAll(), host.jobs.webhookKey()];
    await Promise.allSettled<unknown>([...calls, ...jobs, ...others]);
  });
  const called = received.map(({ method, path }) => {
    const route = path.replace(/\?.*/, "").replace("utopia%2Fpassport%2F2024", "{type}");
    return `${method} ${route.replace(/\/jobs\/j(?=\/|$)/, "/jobs/{id}")}`;
  });
  // The list in OpenAI's shape, and the same as `POST /v1/extract` in another form, are left out.
  const left = ["GET /v1/models", "POST /v1/document-types/{type}/extract"];
  assert.deepEqual([...called, ...left].sort(), operations.sort());
  assert.ok(CODES.length > 60);
});
