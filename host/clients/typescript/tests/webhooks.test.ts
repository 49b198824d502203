/** Webhooks are of the host, and of now. */
import assert from "node:assert/strict";
import { createHmac, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { test } from "node:test";
import { inspect } from "node:util";

import { WebhookRefused, WebhookVerifier } from "../src/index.js";
import { JOB } from "./fake.js";

const NOW = 1_614_265_330;
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = `whsec_${Buffer.alloc(32).toString("base64")}`;
const PKCS8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, 3)]);
const PRIVATE = createPrivateKey({ key: PKCS8, format: "der", type: "pkcs8" });
const PUBLIC = `whpk_${createPublicKey(PRIVATE).export({ format: "der", type: "spki" }).subarray(-32).toString("base64")}`;
const BODY = JSON.stringify({ type: "job.succeeded", timestamp: "2026-12-01T08:00:00Z", data: JOB });

function headers(body = BODY, versions = ["v1", "v1a"], id = "msg_1"): Record<string, string> {
  const signed = Buffer.from(`${id}.${NOW}.${body}`);
  const made: Record<string, Buffer> = {
    v1: createHmac("sha256", Buffer.from(SECRET.slice(6), "base64")).update(signed).digest(),
    v1a: sign(null, signed, PRIVATE),
  };
  const signatures = versions.map((version) => `${version},${made[version]!.toString("base64")}`);
  return { "Webhook-Id": id, "Webhook-Timestamp": String(NOW), "webhook-signature": signatures.join(" ") };
}

test("the example of the specification is signed as it is there", async () => {
  const body = '{"test": 2432232314}';
  const made = headers(body, ["v1"], "msg_p5jXN8AQM9LWM0D4loKWxJek");
  assert.equal(made["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  await assert.rejects(new WebhookVerifier({ secrets: [SECRET] }).verify(made, body, NOW), /no event/);
});

test("one signature that is known is enough", async () => {
  for (const keys of [
    { secrets: [SECRET] },
    { secrets: [OTHER, SECRET] },
    { publicKeys: [PUBLIC] },
    { secrets: [OTHER], publicKeys: [PUBLIC] },
  ]) {
    const verifier = new WebhookVerifier(keys);
    for (const now of [NOW - 300, NOW, NOW + 300]) {
      const event = await verifier.verify(headers(), BODY, now);
      assert.deepEqual([event.type, event.data.id, event.data.counts.succeeded], ["job.succeeded", "j-1", 1]);
      await verifier.verify(new Headers(headers()), new TextEncoder().encode(BODY), now);
    }
    assert.ok(!inspect(verifier, { showHidden: true, depth: 9 }).includes(SECRET));
  }
});

test("what is not of the host or of now is refused", async () => {
  const verifier = new WebhookVerifier({ secrets: [SECRET], publicKeys: [PUBLIC] });
  const good = headers();
  const signature = good["webhook-signature"]!;
  const { "webhook-signature": _, ...unsigned } = good;
  const bad: [string, Record<string, string>, string, number][] = [
    ["another body", good, `${BODY} `, NOW],
    ["another id", { ...good, "Webhook-Id": "msg_2" }, BODY, NOW],
    ["another time", { ...good, "Webhook-Timestamp": String(NOW + 1) }, BODY, NOW],
    ["too old", good, BODY, NOW + 301],
    ["of the future", good, BODY, NOW - 301],
    ["no time", { ...good, "Webhook-Timestamp": "-5" }, BODY, NOW],
    ["no signature", unsigned, BODY, NOW],
    ["too many", { ...good, "webhook-signature": Array(9).fill(signature).join(" ") }, BODY, NOW],
    ["another version", { ...good, "webhook-signature": signature.replaceAll("v1", "v2") }, BODY, NOW],
    ["no base64", { ...good, "webhook-signature": "v1,! v1a,!" }, BODY, NOW],
    ["crossed", { ...good, "webhook-signature": signature.split(" ")[0]!.replace("v1,", "v1a,") }, BODY, NOW],
    ["too long", headers("x".repeat(64 * 1024 + 1)), "x".repeat(64 * 1024 + 1), NOW],
    ["no now", good, BODY, Number.NaN],
  ];
  for (const [what, named, body, now] of bad) {
    await assert.rejects(verifier.verify(named, body, now), WebhookRefused, what);
  }
});

test("a verifier without a key is none", () => {
  for (const keys of [{}, { secrets: ["whsec_"] }, { secrets: ["MfKQ"] }, { publicKeys: ["whpk_AAAA"] }]) {
    assert.throws(() => new WebhookVerifier(keys), RangeError);
  }
});
