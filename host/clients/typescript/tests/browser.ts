/**
 * The client in a browser: `node dist/tests/browser.js chromium`, which opens a page that reads a document of a fake
 * host of its own origin, and checks a webhook by both kinds of keys.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { EXTRACTION, JOB } from "./fake.js";

const LONGEST_MS = 60_000;
const PAGE = `<!doctype html><meta charset="utf-8"><script type="module">
  import { Client, WebhookVerifier } from "/client/index.js";
  let said;
  try {
    const read = await new Client(location.origin).extract(new Blob(["page"]));
    const { webhook } = await (await fetch("/webhook")).json();
    const heard = [];
    for (const keys of [{ secrets: [webhook.secret] }, { publicKeys: [webhook.publicKey] }]) {
      heard.push((await new WebhookVerifier(keys).verify(webhook.headers, webhook.body)).type);
    }
    said = [read.verdict, read.field("surname").value, JSON.stringify(read).includes("ERIKSSON"), ...heard].join(" ");
  } catch (error) {
    said = String(error);
  }
  await fetch("/said", { method: "POST", body: said });
</script>`;

function webhook(): object {
  const secret = Buffer.alloc(32, 7);
  const { privateKey } = generateKeyPairSync("ed25519");
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-32);
  const body = JSON.stringify({ type: "job.succeeded", timestamp: "2026-12-01T08:00:00Z", data: JOB });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signed = Buffer.from(`msg_1.${timestamp}.${body}`);
  const v1 = createHmac("sha256", secret).update(signed).digest("base64");
  const v1a = sign(null, signed, privateKey).toString("base64");
  return {
    secret: `whsec_${secret.toString("base64")}`,
    publicKey: `whpk_${publicKey.toString("base64")}`,
    headers: { "webhook-id": "msg_1", "webhook-timestamp": timestamp, "webhook-signature": `v1,${v1} v1a,${v1a}` },
    body,
  };
}

/** What the page says, once it was opened. */
async function said(browser: string): Promise<string> {
  const built = fileURLToPath(new URL("../src/", import.meta.url));
  const profile = mkdtempSync(join(tmpdir(), "browser-"));
  let hear: (words: string) => void;
  const heard = new Promise<string>((resolve) => (hear = resolve));
  const server = createServer((request, response) => {
    const answer = (type: string, body: string | Buffer): void => {
      response.writeHead(200, { "content-type": type }).end(body);
    };
    const module = /^\/client\/([a-z]+\.js)$/.exec(request.url ?? "")?.[1];
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      if (module !== undefined) answer("text/javascript", readFileSync(join(built, module)));
      else if (request.url === "/v1/extract") answer("application/json", JSON.stringify(EXTRACTION));
      else if (request.url === "/webhook") answer("application/json", JSON.stringify({ webhook: webhook() }));
      else if (request.url === "/") answer("text/html", PAGE);
      else if (request.url === "/said") {
        answer("text/plain", "");
        hear(Buffer.concat(pieces).toString());
      } else response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
  flags.push("--disable-component-update", "--disable-sync", `--user-data-dir=${profile}`);
  const opened = spawn(browser, [...flags, `http://127.0.0.1:${port}/`], { stdio: "ignore", detached: true });
  const ended = once(opened, "exit");
  try {
    return await Promise.race([heard, setTimeout(LONGEST_MS, "nothing in time", { ref: false })]);
  } finally {
    // With the processes that it started.
    process.kill(-(opened.pid ?? 0));
    await ended;
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

assert.equal(await said(process.argv[2] ?? "chromium"), "accepted ERIKSSON false job.succeeded job.succeeded");
