/** What a call is rejected with. No message quotes a value of a document. */
import type { CandidateBody, Code, ProblemBody } from "./schemas.js";

/** Whatever this package throws of a host and the way to it. */
export class DossierError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** The host refused. Go by `code`: sentences may change. */
export class Problem extends DossierError {
  readonly code: Code | (string & {});
  readonly title: string;
  readonly detail: string;
  readonly status: number;
  readonly requestId: string;
  readonly plugin: string | undefined;
  readonly rulesCode: string | undefined;
  readonly candidates: readonly CandidateBody[];

  constructor(
    body: ProblemBody,
    /** Seconds after which the host wants to be asked again. */
    readonly retryAfter?: number,
  ) {
    super(`${body.title}: ${body.detail} (${body.code}, request ${body.request_id})`);
    this.code = body.code;
    this.title = body.title;
    this.detail = body.detail;
    this.status = body.status;
    this.requestId = body.request_id;
    this.plugin = body.plugin ?? undefined;
    this.rulesCode = body.rules_code ?? undefined;
    this.candidates = body.candidates ?? [];
  }

  /** Whether the same request may be answered later. A code that this version does not know goes by its status. */
  get mayPass(): boolean {
    return isKnown(this.code) ? PASSES[this.code] : this.status === 429 || this.status === 503;
  }
}

/** Something between here and the host answered, such as a proxy: the status is its, and there is no code. */
export class UnexpectedAnswer extends DossierError {
  constructor(
    readonly status: number,
    readonly retryAfter?: number,
  ) {
    super(`an answer of status ${status} that is none of a dossier host: is the address right?`);
  }

  get mayPass(): boolean {
    return [429, 502, 503, 504].includes(this.status);
  }
}

/** The host's answer is not as documented: the message names the place. */
export class InvalidAnswer extends DossierError {}

/** The host was not reached, or the connection ended before the answer. */
export class Unreachable extends DossierError {
  constructor(
    reason: string,
    /** Whether the host may have the request all the same. A browser never tells, so there it may. */
    readonly wasSent: boolean,
  ) {
    super(wasSent ? `${reason}; the host may have the request` : reason);
  }
}

/** The time that the caller gave is over, and no answer was here. */
export class DeadlineExceeded extends DossierError {}

function isKnown(code: string): code is Code {
  return Object.hasOwn(PASSES, code);
}

/** Of every code, whether the same request may be answered later: one that is not judged does not compile. */
const PASSES: Record<Code, boolean> = {
  // Any request
  "connection.no_room": true,
  internal: true,
  not_ready: true,
  "request.head_too_large": false,
  "request.malformed": false,
  "request.timeout": true,
  "route.method": false,
  "route.unknown": false,
  // Who asks
  "auth.document_type": false,
  "auth.expired": false,
  "auth.invalid": false,
  "auth.missing": false,
  "auth.unavailable": true,
  "tenant.busy": true,
  "tenant.rate": true,
  // The body, and what stands in it
  "body.broken": true,
  "body.content_encoding": false,
  "body.content_type": false,
  "body.not_an_image_type": false,
  "body.not_json": false,
  "body.not_tensors": false,
  "body.timeout": true,
  "body.too_large": false,
  "form.field_name": false,
  "form.malformed": false,
  "form.not_text": false,
  "form.repeated_part": false,
  "form.too_many_parts": false,
  "form.unknown_part": false,
  "header.malformed": false,
  "json.malformed": false,
  "json.missing_key": false,
  "json.unknown_key": false,
  "json.value": false,
  "query.malformed": false,
  "tensor.malformed": false,
  "tensor.model": false,
  "tensor.unknown": false,
  // What must serve it, by when, and whether it was sent before
  deadline: false,
  "deadline.header": false,
  "generation.changed": false,
  "idempotency.in_work": true,
  "idempotency.not_kept": false,
  "idempotency.other_request": false,
  // The document
  "document.refused": false,
  "document.too_large": false,
  "document.too_many_pages": false,
  "document_type.contradiction": false,
  "document_type.missing": false,
  "document_type.quarantined": false,
  "document_type.unknown": false,
  "field.repeated": false,
  "field.unknown": false,
  "page.base64": false,
  "page.corrupt": false,
  "page.empty": false,
  "page.missing": false,
  "page.more_than_one_image": false,
  "page.no_document": false,
  "page.not_an_image": false,
  "page.too_large": false,
  "page.too_long": false,
  "page.truncated": false,
  "page.unsupported": false,
  // What reads it
  "adapter.overloaded": true,
  "adapter.unavailable": true,
  "audit.unavailable": true,
  "model.failed": true,
  "model.out_of_memory": true,
  overloaded: true,
  "plugin.invalid_result": false,
  "plugin.memory_limit": false,
  "plugin.pool_full": true,
  "plugin.refused": false,
  "plugin.timeout": false,
  "plugin.trap": false,
  // Jobs
  "job.documents": false,
  "job.given_up": false,
  "job.no_room": true,
  "job.not_kept": false,
  "job.too_many": true,
  "job.unavailable": true,
  "job.unknown": false,
  "job.value": false,
  "job.webhook": false,
};
