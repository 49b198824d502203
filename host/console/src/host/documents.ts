// What the listener for documents takes and answers, as `host/docs/openapi.json` describes it.
import type { Scaling } from "./scaling";
import { ask, type Candidate } from "./client";

export type Point = [number, number];
export type Quad = [Point, Point, Point, Point];

export interface Page {
  page: number;
  picture: number;
  corners: Quad;
  rotation: number;
  score: number | null;
  rectified: boolean;
}

export interface Field {
  name: string;
  raw: string | null;
  value: string | null;
  confidence: number | null;
  source: string;
  page: number | null;
  polygon: Quad | null;
  other_reading?: OtherReading | null;
}

/** What was read of a field that was read twice, and was not taken. */
export interface OtherReading {
  raw: string;
  confidence: number;
  read_from: "page" | "strip";
  /** Line and column, from 1. */
  differs_at: [number, number][];
}

export type Outcome = "passed" | "failed" | "not_performed";

export interface Check {
  code: string;
  outcome: Outcome;
  fields: string[];
  message: string;
}

export interface ServedBy {
  base: string;
  adapter: string | null;
  calibration: string | null;
  zone_reader?: string | null;
  rules: string;
  generation: number;
}

export interface Answer {
  document_type: string;
  candidates: Candidate[];
  pages: Page[];
  fields: Field[];
  checks: Check[];
  verdict: "accepted" | "rejected" | "incomplete";
  served_by: ServedBy;
  timings_ms: Record<string, number>;
  request_id: string;
}

export interface DocumentType {
  document_type: string;
  title: string;
  pages: number;
  fields: string[];
  adapter: string;
  calibration: string | null;
  rules: { name: string; version: string; digest: string };
  measured: Measured | null;
}

/** How well the adapter read held-out documents, as whoever trained it wrote down. */
export interface Measured {
  documents: number;
  fields_exact: number;
  documents_exact: number | null;
}

/** One document type, with what its own confidences become. */
export interface OneDocumentType extends DocumentType {
  scalings: Scaling[];
}

export function oneDocumentType(name: string): Promise<OneDocumentType> {
  return ask<OneDocumentType>(`/v1/document-types/${encodeURIComponent(name)}`);
}

export interface DocumentTypes {
  generation: number;
  base: string;
  document_types: DocumentType[];
}

export function documentTypes(): Promise<DocumentTypes> {
  return ask<DocumentTypes>("/v1/document-types");
}

/** What must serve a request, or it is refused. */
export interface Conditions {
  rules?: string;
  adapter?: string;
}

/** Sends one document; nothing of it stays here but what the caller holds. */
export function extract(
  files: readonly File[],
  documentType: string | null,
  signal: AbortSignal,
  conditions: Conditions = {},
): Promise<Answer> {
  const form = new FormData();
  for (const file of files) form.append("page", file, file.name);
  if (documentType !== null) form.append("document_type", documentType);
  const headers: Record<string, string> = {};
  if (conditions.rules) headers["if-rules"] = conditions.rules;
  if (conditions.adapter) headers["if-adapter"] = conditions.adapter;
  return ask<Answer>("/v1/extract", { method: "POST", body: form, headers, signal });
}
