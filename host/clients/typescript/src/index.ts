/** A client of dossier hosts: pages of identity documents in, checked fields out. */
export { Client, type ClientOptions, type CallOptions, type ExtractOptions } from "./client.js";
export { JobsClient, type SubmitOptions } from "./jobs.js";
export type { Conditions, DocumentToRead, Page, Pages, Webhook } from "./documents.js";
export {
  DeadlineExceeded,
  DossierError,
  InvalidAnswer,
  Problem,
  UnexpectedAnswer,
  Unreachable,
} from "./problems.js";
export { Extraction, Field, type Result, type Results } from "./results.js";
export type { RetryPolicy } from "./retry.js";
export { CODES, type Code } from "./schemas.js";
export type {
  BarcodeBody,
  CandidateBody,
  CheckBody,
  DocumentTypeBody,
  DocumentTypesBody,
  Job,
  Jobs,
  OneDocumentTypeBody,
  PageBody,
  ServedByBody,
} from "./schemas.js";
export { WebhookRefused, WebhookVerifier, type WebhookEvent } from "./webhooks.js";
