/** A host, by its address. */
import { blobsOf, headersOf, type Conditions, type Pages } from "./documents.js";
import { JobsClient } from "./jobs.js";
import { Extraction, list, text } from "./results.js";
import { policy, type RetryPolicy } from "./retry.js";
import type { DocumentTypesBody, ExtractBody, OneDocumentTypeBody } from "./schemas.js";
import { run, type Call, type Settings } from "./transport.js";

/** Seconds that a call with a document in it has, unless its caller says otherwise. */
export const DOCUMENT_TIMEOUT = 60;
/** Seconds that any other has. */
export const OTHER_TIMEOUT = 30;

const TYPE = /^[a-z0-9-]+(\/[a-z0-9-]+){1,5}$/;

export interface ClientOptions {
  /** May be a function, for tokens that are renewed; it is asked at each attempt. */
  token?: string | (() => string | Promise<string>);
  /** Seconds of every call, attempts and waits included. */
  timeout?: number;
  retry?: Partial<RetryPolicy>;
  fetch?: typeof fetch;
}

export interface CallOptions {
  /** Seconds, attempts and waits included. */
  timeout?: number;
  signal?: AbortSignal;
}

export interface ExtractOptions extends CallOptions {
  /** Such as `utopia/passport/2024`; without it, the host finds it out. */
  documentType?: string;
  /** Without it, all that the rules read. */
  fields?: readonly string[];
  conditions?: Conditions;
  /** A new one by default, so that a request whose answer was lost is sent again and gets that answer. */
  idempotencyKey?: string | null;
}

/** A call, before its time is settled. */
export type Unsettled<T> = Omit<Call<T>, "timeout"> & { timeout?: number };
export type Runs = <T>(call: Unsettled<T>, options: CallOptions) => Promise<T>;

export class Client {
  readonly jobs: JobsClient;
  readonly #run: Runs;

  constructor(baseUrl: string, options: ClientOptions = {}) {
    const url = new URL(baseUrl);
    if (!["http:", "https:"].includes(url.protocol) || url.search || url.hash || url.username || url.password) {
      throw new RangeError("the address of a host has neither user, query nor fragment; the token goes into `token`");
    }
    const settings: Settings = {
      baseUrl: url.href.replace(/\/+$/, ""),
      token: options.token,
      retry: policy(options.retry ?? {}),
      fetch: options.fetch ?? fetch.bind(globalThis),
    };
    this.#run = (call, { timeout, signal }) =>
      run(settings, { ...call, timeout: timeout ?? options.timeout ?? call.timeout ?? OTHER_TIMEOUT }, signal);
    this.jobs = new JobsClient(this.#run);
  }

  /** Reads one document: a page, or several in their order. Names of files are not sent. */
  async extract(pages: Pages, options: ExtractOptions = {}): Promise<Extraction> {
    const form = new FormData();
    blobsOf(pages).forEach((page, at) => form.append("page", page, `page-${at + 1}`));
    if (options.documentType !== undefined) form.append("document_type", options.documentType);
    if (options.fields !== undefined) form.append("fields", options.fields.join(","));
    return this.#run(
      {
        method: "POST",
        path: "/v1/extract",
        body: form,
        headers: {
          ...keyHeaders(options.idempotencyKey),
          ...headersOf(options.conditions ?? {}),
          ...routingHeaders(options.documentType),
        },
        // Reading changes nothing, so it may be done twice; the key saves doing so.
        isRepeatable: true,
        tellsDeadline: true,
        timeout: DOCUMENT_TIMEOUT,
        read: (body: ExtractBody) => new Extraction(body),
      },
      options,
    );
  }

  /** The document types that the caller reaches. */
  async documentTypes(options: CallOptions = {}): Promise<DocumentTypesBody> {
    const read = (body: DocumentTypesBody): DocumentTypesBody => {
      list(body.document_types, "document_types");
      return body;
    };
    return this.#run({ method: "GET", path: "/v1/document-types", isRepeatable: true, read }, options);
  }

  /** One document type, such as `utopia/passport/2024`. */
  async documentType(name: string, options: CallOptions = {}): Promise<OneDocumentTypeBody> {
    const read = (body: OneDocumentTypeBody): OneDocumentTypeBody => {
      text(body.document_type, "document_type");
      return body;
    };
    const path = `/v1/document-types/${encodeURIComponent(name)}`;
    return this.#run({ method: "GET", path, isRepeatable: true, read }, options);
  }

  /** True where the host works; throws where it does not. */
  async live(options: CallOptions = {}): Promise<true> {
    return this.#run({ method: "GET", path: "/livez", isRepeatable: true, read: () => true as const }, options);
  }

  /** True where the host wants requests; throws `not_ready` where it does not. */
  async ready(options: CallOptions = {}): Promise<true> {
    return this.#run({ method: "GET", path: "/readyz", isRepeatable: true, read: () => true as const }, options);
  }
}

/** For routers, which read heads alone. What is no name of a type stands in the body only, for the host to refuse. */
function routingHeaders(documentType: string | undefined): Record<string, string> {
  const isType = documentType !== undefined && documentType.length <= 128 && TYPE.test(documentType);
  return isType ? { "x-dossier-document-type": documentType } : {};
}

export function keyHeaders(key: string | null | undefined): Record<string, string> {
  return key === null ? {} : { "idempotency-key": key ?? crypto.randomUUID() };
}
