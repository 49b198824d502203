/**
 * Sends a job, waits until the host tells that it is done with, takes the result and erases the job.
 *
 *     DOSSIER_URL=... node webhook.js utopia/passport/2024 page-1.png
 *
 * The host must reach this machine: it was started with `webhooks_to_private`.
 */
import { openAsBlob } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { Client, WebhookRefused, WebhookVerifier, type WebhookEvent } from "../src/index.js";

const MAX_BODY_BYTES = 64 * 1024;
const { DOSSIER_URL: url = "http://127.0.0.1:8080", DOSSIER_TOKEN: token } = process.env;
const [documentType = "", ...paths] = process.argv.slice(2);
const host = new Client(url, token === undefined ? {} : { token });
const secret = `whsec_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64")}`;
// Either is enough; whoever checks the host's own key needs no secret in the job.
const verifier = new WebhookVerifier({ secrets: [secret], publicKeys: [await host.jobs.webhookKey()] });

let tell: (event: WebhookEvent) => void;
const told = new Promise<WebhookEvent>((resolve) => (tell = resolve));
const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  let length = 0;
  request.on("data", (piece: Buffer) => {
    length += piece.length;
    if (length > MAX_BODY_BYTES) request.destroy();
    else pieces.push(piece);
  });
  request.on("end", () => {
    verifier.verify(request.headers, Buffer.concat(pieces)).then(
      (event) => {
        response.writeHead(204).end();
        tell(event);
      },
      (error: unknown) => {
        response.writeHead(error instanceof WebhookRefused ? 400 : 500).end();
      },
    );
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;

const pages = await Promise.all(paths.map((path) => openAsBlob(path)));
const webhook = { url: `http://127.0.0.1:${port}/dossier`, secret };
const job = await host.jobs.submit([{ documentType, pages }], { webhook, subject: "case 4711" });
const event = await told;
server.close();
const { documents } = await host.jobs.result(job.id);
console.log(`${event.type}: ${documents[0]?.answer?.verdict}`);
console.log(`erased: ${await host.jobs.eraseSubject("case 4711")}`);
