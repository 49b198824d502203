/** One attempt over `fetch`, and how often it is made. */
import { DeadlineExceeded, DossierError, InvalidAnswer, Problem, UnexpectedAnswer, Unreachable } from "./problems.js";
import { list, object, text } from "./results.js";
import { Attempts, type RetryPolicy } from "./retry.js";
import type { ProblemBody } from "./schemas.js";

/** Longest answer that is read. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Milliseconds that an answer may come late: the host's own word that the time is over is worth it. */
const GRACE_MS = 1000;
/** What undici calls failures before anything was sent. */
const NOT_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT", "EHOSTUNREACH"]);

/** A request, and how its answer is read. */
export interface Call<T> {
  method: "GET" | "POST" | "DELETE";
  path: string;
  headers?: Record<string, string>;
  body?: FormData | string;
  /** Whether it may be sent again after its answer was lost. */
  isRepeatable: boolean;
  tellsDeadline?: boolean;
  /** Whether a job that is gone is what was wanted. */
  erases?: boolean;
  /** Seconds. */
  timeout: number;
  read: (body: never) => T;
}

export interface Settings {
  baseUrl: string;
  token: string | (() => string | Promise<string>) | undefined;
  retry: RetryPolicy;
  fetch: typeof fetch;
}

/** Makes a call, as often as it is safe and of use. */
export async function run<T>(settings: Settings, call: Call<T>, signal?: AbortSignal): Promise<T> {
  const attempts = new Attempts(settings.retry, call.timeout, call.isRepeatable);
  for (;;) {
    try {
      return await attempt(settings, call, attempts, signal);
    } catch (error) {
      if (!(error instanceof DossierError)) throw error;
      await sleep(attempts.waitAfter(error) * 1000, signal);
    }
  }
}

async function attempt<T>(settings: Settings, call: Call<T>, attempts: Attempts, signal?: AbortSignal): Promise<T> {
  const left = attempts.begin() * 1000;
  const headers: Record<string, string> = { ...call.headers };
  if (typeof call.body === "string") headers["content-type"] = "application/json";
  if (call.tellsDeadline) headers["x-request-timeout-ms"] = String(Math.max(1, Math.floor(left)));
  const { token } = settings;
  if (token !== undefined) headers["authorization"] = `Bearer ${typeof token === "string" ? token : await token()}`;
  const late = AbortSignal.timeout(Math.ceil(left) + GRACE_MS);
  let response: Response;
  let body: Uint8Array;
  try {
    response = await settings.fetch(settings.baseUrl + call.path, {
      method: call.method,
      headers,
      body: call.body ?? null,
      redirect: "manual",
      cache: "no-store",
      credentials: "omit",
      signal: signal ? AbortSignal.any([signal, late]) : late,
    });
    body = await bytesOf(response);
  } catch (error) {
    if (error instanceof DossierError) throw error;
    signal?.throwIfAborted();
    if (late.aborted) throw new DeadlineExceeded("no answer in time");
    // The error of `fetch` may hold the request, so it is left behind.
    const wasSent = !NOT_SENT.has((error as { cause?: { code?: string } }).cause?.code ?? "");
    throw new Unreachable(wasSent ? "the connection ended before the answer" : "the host can't be reached", wasSent);
  }
  if (response.ok) return call.read((response.status === 204 ? null : json(body)) as never);
  const refused = refusal(response, body);
  const isGone = refused instanceof Problem && refused.code === "job.unknown";
  if (call.erases && attempts.wasLost && isGone) return call.read(null as never);
  throw refused;
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > MAX_ANSWER_BYTES) {
      await reader.cancel();
      throw new InvalidAnswer(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    }
    pieces.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function json(body: Uint8Array): unknown {
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    // What could not be read is not told: it may hold a value.
    throw new InvalidAnswer("the answer is no JSON");
  }
  return object(read, "body");
}

function refusal(response: Response, body: Uint8Array): DossierError {
  const after = retryAfter(response.headers.get("retry-after"));
  const type = (response.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/problem+json") return new UnexpectedAnswer(response.status, after);
  const problem = json(body) as ProblemBody;
  for (const key of ["code", "title", "detail", "request_id"] as const) text(problem[key], key);
  if (problem.candidates !== undefined) list(problem.candidates, "candidates");
  return new Problem({ ...problem, status: response.status }, after);
}

/** Seconds; a host writes their number, a proxy may write a date. */
function retryAfter(written: string | null): number | undefined {
  if (written === null || written.length > 64) return undefined;
  if (/^\d+$/.test(written.trim())) return Number(written);
  const date = /GMT$/.test(written.trim()) ? Date.parse(written) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}

export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const ended = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", ended);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", ended, { once: true });
  });
}
