/** Documents that are read later. */
import { DOCUMENT_TIMEOUT, keyHeaders, type CallOptions, type Runs } from "./client.js";
import { base64Of, headersOf, type Conditions, type DocumentToRead, type Webhook } from "./documents.js";
import { DeadlineExceeded } from "./problems.js";
import { isDone, job, list, results, text, type Results } from "./results.js";
import type { Erased, Job, JobJson, JobResults, Jobs, WebhookKey } from "./schemas.js";
import { sleep } from "./transport.js";

const FIRST_LOOK_MS = 100;
const LONGEST_LOOK_MS = 5000;
const LONGEST_CALL = 30;
/** The longest that any host keeps a job, in seconds. */
const LONGEST_WAIT = 30 * 24 * 3600;

export interface SubmitOptions extends CallOptions {
  /** Whom the documents are about, to erase them by later. */
  subject?: string;
  ttlSeconds?: number;
  webhook?: Webhook;
  conditions?: Conditions;
  /** A new one by default; with `null`, a job whose answer is lost is not sent again. */
  idempotencyKey?: string | null;
}

export class JobsClient {
  readonly #run: Runs;

  constructor(run: Runs) {
    this.#run = run;
  }

  /** Sends a job; once this resolves, it is on the host's disk. */
  async submit(documents: readonly DocumentToRead[], options: SubmitOptions = {}): Promise<Job> {
    const body: JobJson = {
      documents: await Promise.all(
        documents.map(async ({ documentType, pages, fields }) => ({
          document_type: documentType,
          pages: await base64Of(pages),
          ...(fields && { fields: [...fields] }),
        })),
      ),
      ...(options.subject !== undefined && { subject: options.subject }),
      ...(options.ttlSeconds !== undefined && { ttl_seconds: options.ttlSeconds }),
      ...(options.webhook && { webhook: options.webhook }),
    };
    return this.#run(
      {
        method: "POST",
        path: "/v1/jobs",
        body: JSON.stringify(body),
        headers: { ...keyHeaders(options.idempotencyKey), ...headersOf(options.conditions ?? {}) },
        // Without a key, a job that is sent twice is two jobs.
        isRepeatable: options.idempotencyKey !== null,
        tellsDeadline: true,
        timeout: DOCUMENT_TIMEOUT,
        read: job,
      },
      options,
    );
  }

  /** What has become of a job. */
  async get(id: string, options: CallOptions = {}): Promise<Job> {
    return this.#run({ method: "GET", path: pathOf(id), isRepeatable: true, read: job }, options);
  }

  /** Asks until nothing more comes of the job. `DeadlineExceeded` says that it takes longer; it goes on. */
  async wait(id: string, { timeout = 300, signal }: CallOptions = {}): Promise<Job> {
    if (!(timeout > 0 && timeout <= LONGEST_WAIT)) {
      throw new RangeError(`timeout must be more than 0 and at most ${LONGEST_WAIT} seconds`);
    }
    const ends = performance.now() + timeout * 1000;
    const left = (): number => {
      const milliseconds = ends - performance.now();
      if (milliseconds <= 0) throw new DeadlineExceeded("the job is not done with yet; it goes on");
      return milliseconds;
    };
    for (let wait = FIRST_LOOK_MS; ; wait = Math.min(wait * 1.6, LONGEST_LOOK_MS)) {
      const found = await this.get(id, { timeout: Math.min(left() / 1000, LONGEST_CALL), ...(signal && { signal }) });
      if (isDone(found)) return found;
      await sleep(Math.min(wait * (0.75 + 0.5 * Math.random()), left()), signal);
    }
  }

  /** What came of the documents that are done with. */
  async result(id: string, options: CallOptions = {}): Promise<Results> {
    const read = (body: JobResults): Results => results(body);
    return this.#run({ method: "GET", path: `${pathOf(id)}/result`, isRepeatable: true, read }, options);
  }

  /** A page of the caller's jobs, the newest first. */
  async list(options: CallOptions & { limit?: number; before?: string } = {}): Promise<Jobs> {
    const query = new URLSearchParams({ limit: String(options.limit ?? 50) });
    if (options.before !== undefined) query.set("before", options.before);
    const read = (body: Jobs): Jobs => {
      list(body.jobs, "jobs").forEach(job);
      return body;
    };
    return this.#run({ method: "GET", path: `/v1/jobs?${query.toString()}`, isRepeatable: true, read }, options);
  }

  /** Every job of the caller, the newest first, page after page. */
  async *all(options: CallOptions = {}): AsyncGenerator<Job> {
    for (let before: string | undefined; ; ) {
      const page = await this.list({ ...options, limit: 100, ...(before !== undefined && { before }) });
      yield* page.jobs;
      if (!page.next) return;
      before = page.next;
    }
  }

  /** Cancels what is not done; what was read stays. */
  async cancel(id: string, options: CallOptions = {}): Promise<Job> {
    return this.#run({ method: "POST", path: `${pathOf(id)}/cancel`, isRepeatable: true, read: job }, options);
  }

  /** Erases a job: nothing of it is kept any more. */
  async erase(id: string, options: CallOptions = {}): Promise<void> {
    const read = (): void => undefined;
    return this.#run({ method: "DELETE", path: pathOf(id), isRepeatable: true, erases: true, read }, options);
  }

  /** Erases every job about somebody, and tells how many. */
  async eraseSubject(subject: string, options: CallOptions = {}): Promise<number> {
    return this.#erase({ subject }, options);
  }

  /** Erases everything that is the caller's, and tells how many jobs that were. */
  async eraseAll(options: CallOptions = {}): Promise<number> {
    return this.#erase({ all: true }, options);
  }

  /** Has whoever is to be told of a job that is done with told again. */
  async tellAgain(id: string, options: CallOptions = {}): Promise<Job> {
    return this.#run({ method: "POST", path: `${pathOf(id)}/webhook`, isRepeatable: false, read: job }, options);
  }

  /** What the host's own signatures of webhooks are checked with. */
  async webhookKey(options: CallOptions = {}): Promise<string> {
    const read = (body: WebhookKey): string => text(body.public_key, "public_key");
    return this.#run({ method: "GET", path: "/v1/jobs/webhook-key", isRepeatable: true, read }, options);
  }

  #erase(asked: { subject: string } | { all: true }, options: CallOptions): Promise<number> {
    const read = (body: Erased): number => body.erased;
    const body = JSON.stringify(asked);
    return this.#run({ method: "POST", path: "/v1/jobs/erase", body, isRepeatable: true, read }, options);
  }
}

function pathOf(id: string): string {
  if (id === "") throw new RangeError("the id of a job is empty");
  return `/v1/jobs/${encodeURIComponent(id)}`;
}
