/**
 * Whether a webhook is of the host: Standard Webhooks, by the shared secret (`v1`, HMAC-SHA-256) or by the host's own
 * key (`v1a`, ed25519). WebCrypto compares in a time that tells nothing.
 */
import { DossierError, InvalidAnswer } from "./problems.js";
import { job, object, text } from "./results.js";
import type { Job } from "./schemas.js";

const MAX_BODY_BYTES = 64 * 1024;
const MAX_ID_LENGTH = 256;
const MAX_SIGNATURES = 16;
const MAX_SIGNATURE_HEADER_LENGTH = 4096;
/** Seconds that a webhook may be old, or of the future. */
const TOLERANCE = 300;
const EVENTS = ["job.succeeded", "job.failed", "job.cancelled"] as const;

/** The request is no webhook of this host: answer 400, and do nothing of what it says. */
export class WebhookRefused extends DossierError {}

/** A job is done with. It holds no value of a document: ask for the result. */
export interface WebhookEvent {
  type: (typeof EVENTS)[number];
  timestamp: string;
  data: Job;
}

type Check = (signature: Uint8Array<ArrayBuffer>, signed: Uint8Array<ArrayBuffer>) => Promise<boolean>;

/**
 * Checks webhooks. Several secrets or keys may hold while one follows another.
 *
 * `webhook-id` is the same whenever the same is told again: whoever acts on events keeps those it has acted on.
 */
export class WebhookVerifier {
  readonly #secrets: (() => Promise<Check>)[];
  readonly #publicKeys: (() => Promise<Check>)[];
  readonly #tolerance: number;

  constructor(keys: { secrets?: readonly string[]; publicKeys?: readonly string[]; tolerance?: number }) {
    const { secrets = [], publicKeys = [], tolerance = TOLERANCE } = keys;
    if (secrets.length === 0 && publicKeys.length === 0) {
      throw new RangeError("a secret or a public key is wanted: without one, nothing could be checked");
    }
    if (!(tolerance > 0 && tolerance <= 3600)) throw new RangeError("tolerance must be more than 0 and at most 3600 s");
    this.#tolerance = tolerance;
    this.#secrets = secrets.map((secret) => keyBytes(secret, "whsec_", 24, 64)).map((bytes) => () => hmac(bytes));
    this.#publicKeys = publicKeys.map((key) => keyBytes(key, "whpk_", 32, 32)).map((bytes) => () => ed25519(bytes));
  }

  /** The event, where the request is of the host and of now. `body` is what came, byte for byte. */
  async verify(
    headers: Headers | Record<string, string | string[] | undefined>,
    body: Uint8Array | string,
    now: number = Date.now() / 1000,
  ): Promise<WebhookEvent> {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const id = header(headers, "webhook-id", MAX_ID_LENGTH);
    const timestamp = header(headers, "webhook-timestamp", 16);
    const signatures = header(headers, "webhook-signature", MAX_SIGNATURE_HEADER_LENGTH).split(" ");
    if (bytes.length > MAX_BODY_BYTES || signatures.length > MAX_SIGNATURES) {
      throw new WebhookRefused("the webhook is larger than any of a host");
    }
    if (!/^\d+$/.test(timestamp)) throw new WebhookRefused("webhook-timestamp is no number of seconds");
    if (!(Math.abs(now - Number(timestamp)) <= this.#tolerance)) {
      throw new WebhookRefused("webhook-timestamp is too old, or of the future");
    }
    const head = new TextEncoder().encode(`${id}.${timestamp}.`);
    const signed = new Uint8Array(head.length + bytes.length);
    signed.set(head);
    signed.set(bytes, head.length);
    const genuine = await Promise.all(signatures.map((signature) => this.#isGenuine(signature, signed)));
    if (!genuine.includes(true)) throw new WebhookRefused("no signature is of a secret or key that is known here");
    return eventOf(bytes);
  }

  async #isGenuine(signature: string, signed: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const [version, encoded = ""] = signature.split(",", 2);
    const checks = version === "v1" ? this.#secrets : version === "v1a" ? this.#publicKeys : [];
    const claimed = decode(encoded);
    if (claimed === undefined) return false;
    const found = await Promise.all(checks.map(async (check) => (await check())(claimed, signed)));
    return found.includes(true);
  }
}

async function hmac(secret: Uint8Array<ArrayBuffer>): Promise<Check> {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  return (signature, signed) => crypto.subtle.verify("HMAC", key, signature, signed);
}

async function ed25519(bytes: Uint8Array<ArrayBuffer>): Promise<Check> {
  const key = await crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]);
  return (signature, signed) => crypto.subtle.verify("Ed25519", key, signature, signed);
}

function eventOf(body: Uint8Array): WebhookEvent {
  try {
    const event = object(JSON.parse(new TextDecoder().decode(body)) as WebhookEvent, "body");
    if (!EVENTS.includes(event.type)) throw new InvalidAnswer("answer.type is none of a job's");
    text(event.timestamp, "timestamp");
    job(event.data);
    return event;
  } catch {
    throw new WebhookRefused("the body is no event of a job");
  }
}

function keyBytes(written: string, prefix: string, least: number, most: number): Uint8Array<ArrayBuffer> {
  const bytes = written.startsWith(prefix) && written.length <= 256 ? decode(written.slice(prefix.length)) : undefined;
  if (bytes === undefined || bytes.length < least || bytes.length > most) {
    throw new RangeError(`a key is written as \`${prefix}\` and the base64 of ${least} to ${most} bytes`);
  }
  return bytes;
}

function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function header(headers: Headers | Record<string, string | string[] | undefined>, name: string, most: number): string {
  const named = headers instanceof Headers ? [...headers.entries()] : Object.entries(headers);
  const value = named.find(([key]) => key.toLowerCase() === name)?.[1];
  if (typeof value !== "string" || value === "" || value.length > most) {
    throw new WebhookRefused(`${name} is missing, or too long`);
  }
  return value;
}
