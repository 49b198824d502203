// Every request to the host goes through here.
import { token, tokenWanted } from "../session";

/** The host said no, or could not be asked. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly status: number,
    readonly requestId: string | null,
    readonly candidates: Candidate[],
    readonly retryAfterSeconds: number | null,
  ) {
    super(detail);
  }
}

export interface Candidate {
  document_type: string;
  confidence: number;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: BodyInit;
  signal?: AbortSignal;
}

/** Asks for JSON. */
export async function ask<T>(path: string, how: Ask = {}): Promise<T> {
  const response = await send(path, how);
  return (await response.json()) as T;
}

/** Asks for text. */
export async function askText(path: string, how: Ask = {}): Promise<string> {
  const response = await send(path, how);
  return await response.text();
}

/** Asks with a JSON body. */
export function askWith<T>(path: string, method: string, body: unknown): Promise<T> {
  return ask<T>(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

async function send(path: string, how: Ask): Promise<Response> {
  const headers = new Headers(how.headers);
  const bearer = token.get();
  if (bearer !== null) headers.set("authorization", `Bearer ${bearer}`);
  const request: RequestInit = {
    method: how.method ?? "GET",
    headers,
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
  };
  if (how.body !== undefined) request.body = how.body;
  if (how.signal !== undefined) request.signal = how.signal;
  let response: Response;
  try {
    response = await fetch(path, request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refusal("console.unreachable", "No answer", "The host could not be reached.", 0, null, [], null);
  }
  // A listener that wants a token says so for routes that it does not have, too.
  if (response.status === 401) tokenWanted.set(true);
  if (!response.ok) throw await refusalOf(response);
  tokenWanted.set(false);
  return response;
}

async function refusalOf(response: Response): Promise<Refusal> {
  let problem: Record<string, unknown> = {};
  try {
    problem = (await response.json()) as Record<string, unknown>;
  } catch {
    // Something in front of the host answered: its status is all that is known.
  }
  const text = (key: string, otherwise: string): string => {
    const value = problem[key];
    return typeof value === "string" ? value : otherwise;
  };
  const retry = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new Refusal(
    text("code", "console.unknown"),
    text("title", "Refused"),
    text("detail", `The answer has the status ${response.status} and no reason.`),
    response.status,
    response.headers.get("x-request-id"),
    Array.isArray(problem.candidates) ? (problem.candidates as Candidate[]) : [],
    Number.isFinite(retry) ? retry : null,
  );
}

/** A name as a part of a path. */
export function inPath(name: string): string {
  return encodeURIComponent(name);
}
