/** A host that answers what a test says: a real socket, on this machine. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Reply {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  contentType?: string;
  /** The connection ends before the answer. */
  isLost?: boolean;
}

export interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export function problem(code: string, status: number, headers: Record<string, string> = {}, more: object = {}): Reply {
  const body = { type: `urn:dossier:problem:${code}`, title: "Refused", detail: "why", request_id: "r-1", status, code };
  return { status, body: { ...body, ...more }, headers, contentType: "application/problem+json" };
}

/** Gives its replies in order while `use` runs, and returns what was asked. */
export async function withHost(replies: Reply[], use: (url: string) => Promise<unknown>): Promise<Received[]> {
  const received: Received[] = [];
  const waiting = [...replies];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const body = Buffer.concat(pieces).toString("latin1");
      received.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers, body });
      const reply = waiting.shift();
      if (reply === undefined || reply.isLost) {
        request.socket.destroy();
        return;
      }
      response.writeHead(reply.status ?? 200, { "content-type": reply.contentType ?? "application/json", ...reply.headers });
      response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  return received;
}

const POLYGON = [[1, 2], [3, 4], [5, 6], [7, 8.5]];
export const EXTRACTION = {
  document_type: "utopia/passport/2024",
  candidates: [],
  pages: [{ page: 1, picture: 1, corners: POLYGON, rotation: 0, score: null, rectified: false, a_key_of_tomorrow: 1 }],
  fields: [
    { name: "surname", raw: "ERIKSSON", value: "ERIKSSON", confidence: 0.9, source: "visual", page: 1, polygon: POLYGON },
    { name: "sex", raw: null, value: "F", confidence: null, source: "mrz", page: null, polygon: null },
  ],
  barcodes: [{ source: "pdf417", page: 1, polygon: POLYGON }],
  checks: [{ code: "mrz.format", outcome: "passed", fields: ["mrz"], message: "well" }],
  verdict: "accepted",
  served_by: { base: "sha256:aa", adapter: "sha256:bb", calibration: null, rules: "sha256:cc", generation: 1 },
  timings_ms: { pages: 1, identify: 1, barcodes: 1, before: 1, queue: 1, preprocess: 1, encode: 1, decode: 1, after: 1, total: 8 },
  request_id: "r-2",
};
export const JOB = {
  id: "j-1",
  state: "succeeded",
  created_at: "2026-12-01T08:00:00Z",
  expires_at: "2026-12-02T08:00:00Z",
  finished_at: null,
  webhook: null,
  counts: { queued: 0, running: 0, succeeded: 1, failed: 0, cancelled: 0 },
};
