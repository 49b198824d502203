/**
 * What a host answers, judged before it is trusted. Values of documents are shown by nothing but their own getters:
 * neither `console.log` nor `JSON.stringify` of a result has them.
 */
import { InvalidAnswer } from "./problems.js";
import type {
  BarcodeBody,
  CandidateBody,
  CheckBody,
  ExtractBody,
  FieldBody,
  Job,
  JobResults,
  OtherReadingBody,
  PageBody,
  ProblemBody,
  ServedByBody,
  TimingsBody,
} from "./schemas.js";

const VERDICTS: readonly ExtractBody["verdict"][] = ["accepted", "incomplete", "rejected"];
const OUTCOMES: readonly CheckBody["outcome"][] = ["passed", "failed", "not_performed"];
const STATES: readonly Job["state"][] = ["queued", "running", "succeeded", "failed", "cancelled"];

/** A field of a document. */
export class Field implements Omit<Required<FieldBody>, "raw" | "value" | "other_reading"> {
  readonly name: string;
  readonly source: string;
  readonly confidence: number | null;
  readonly page: number | null;
  readonly polygon: number[][] | null;
  readonly #raw: string | null;
  readonly #value: string | null;
  readonly #otherReading: OtherReadingBody | null;

  constructor(body: FieldBody) {
    this.name = body.name;
    this.source = body.source;
    this.confidence = body.confidence ?? null;
    this.page = body.page ?? null;
    this.polygon = body.polygon ?? null;
    this.#raw = body.raw ?? null;
    this.#value = body.value ?? null;
    this.#otherReading = body.other_reading ?? null;
  }

  /** What was read a second time, or first, and was not taken; `null` where the field was read once. Personal. */
  get other_reading(): OtherReadingBody | null {
    return this.#otherReading;
  }

  /** What was read. Personal. */
  get raw(): string | null {
    return this.#raw;
  }

  /** What the rules made of it; `null` where they could not. Personal. */
  get value(): string | null {
    return this.#value;
  }
}

/** A document that was read. Its keys are those of the API. */
export class Extraction implements Omit<ExtractBody, "fields"> {
  readonly document_type: string;
  readonly candidates: CandidateBody[];
  readonly pages: PageBody[];
  readonly fields: readonly Field[];
  readonly barcodes: BarcodeBody[];
  readonly checks: CheckBody[];
  readonly verdict: ExtractBody["verdict"];
  readonly served_by: ServedByBody;
  readonly timings_ms: TimingsBody;
  readonly request_id: string;

  constructor(body: ExtractBody) {
    this.document_type = text(body.document_type, "document_type");
    this.candidates = list(body.candidates, "candidates");
    this.pages = list(body.pages, "pages");
    this.fields = list(body.fields, "fields").map((field, at) => new Field(judged(field, `fields[${at}]`)));
    this.barcodes = list(body.barcodes, "barcodes");
    this.checks = list(body.checks, "checks");
    this.checks.forEach((check, at) => {
      text(check.code, `checks[${at}].code`);
      word(check.outcome, OUTCOMES, `checks[${at}].outcome`);
    });
    // A word of tomorrow must not be taken for one of today's.
    this.verdict = word(body.verdict, VERDICTS, "verdict");
    this.served_by = object(body.served_by, "served_by");
    this.timings_ms = object(body.timings_ms, "timings_ms");
    this.request_id = text(body.request_id, "request_id");
  }

  /** The field of this name; throws where there is none. */
  field(name: string): Field {
    const found = this.fields.find((field) => field.name === name);
    if (found === undefined) throw new RangeError(`the document has no field ${name}`);
    return found;
  }

  /** Each field's value, by name. Personal: it is for the document's purpose, not for a log. */
  values(): Record<string, string | null> {
    return Object.fromEntries(this.fields.map((field) => [field.name, field.value]));
  }

  /** The checks that are not passed: failed ones, and those that were not performed. */
  get unpassed(): CheckBody[] {
    return this.checks.filter((check) => check.outcome !== "passed");
  }
}

/** What came of a document of a job. */
export interface Result {
  readonly document: number;
  readonly state: Job["state"];
  readonly answer: Extraction | null;
  readonly problem: ProblemBody | null;
}

/** What came of the documents of a job. */
export interface Results {
  readonly id: string;
  readonly state: Job["state"];
  readonly documents: readonly Result[];
}

/** Results as the host writes them. */
export function results(body: JobResults): Results {
  const documents = list(body.documents, "documents").map(({ document, state, answer, problem }, at) => ({
    document,
    state: word(state, STATES, `documents[${at}].state`),
    answer: answer ? new Extraction(answer) : null,
    problem: problem ?? null,
  }));
  return { id: text(body.id, "id"), state: word(body.state, STATES, "state"), documents };
}

/** A job as the host writes it. */
export function job(body: Job): Job {
  text(object(body, "job").id, "id");
  word(body.state, STATES, "state");
  return body;
}

/** Whether nothing more comes of a job. */
export function isDone(body: Job): boolean {
  return body.state !== "queued" && body.state !== "running";
}

function judged(field: FieldBody, where: string): FieldBody {
  const { name, raw, value, confidence } = object(field, where);
  text(name, `${where}.name`);
  for (const [key, of] of [["raw", raw], ["value", value]] as const) {
    if (of !== null && of !== undefined) text(of, `${where}.${key}`);
  }
  if (confidence !== null && confidence !== undefined && typeof confidence !== "number") {
    throw new InvalidAnswer(`answer.${where}.confidence is no number`);
  }
  return field;
}

export function object<T>(value: T, where: string): T {
  if (typeof value !== "object" || value === null) throw new InvalidAnswer(`answer.${where} is no object`);
  return value;
}

export function list<T>(value: T[], where: string): T[] {
  if (!Array.isArray(value)) throw new InvalidAnswer(`answer.${where} is no list`);
  return value;
}

export function text(value: string, where: string): string {
  if (typeof value !== "string") throw new InvalidAnswer(`answer.${where} is no text`);
  return value;
}

function word<T extends string>(value: T, known: readonly T[], where: string): T {
  if (!known.includes(value)) throw new InvalidAnswer(`answer.${where} is none of ${known.join(", ")}`);
  return value;
}
