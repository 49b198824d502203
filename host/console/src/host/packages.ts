// The admin API: packages, what serves of them, and changing it.
import { ask, askWith, inPath } from "./client";
import type { Measured, Outcome } from "./documents";

export interface Version {
  package: string;
  kind: string;
  name: string;
  version: string | null;
  document_types: string[];
  artifact: string;
  publisher: string;
  signed_by: string | null;
  origin: string;
  published_at: string;
}

export interface Canary {
  package: string;
  percent: number;
  calls: number;
  failures: number;
  active_calls: number;
  active_failures: number;
}

export interface Shadow {
  package: string;
  compared: number;
  same: number;
  different_verdicts: number;
  different_checks: number;
  different_fields: Record<string, number>;
  failed: number;
  skipped: number;
}

export interface Settings {
  digest: string;
  origin: string;
  values: Record<string, unknown>;
}

export interface Status {
  name: string;
  state: string;
  reason: { code: string; detail: string; package: string; at: string; publisher: string } | null;
  generation: number;
  active: string | null;
  quarantine: { code: string; detail: string; earlier_serves: boolean } | null;
  canary: Canary | null;
  shadow: Shadow | null;
  settings: Settings | null;
  measured: Measured | null;
  versions: Version[];
  has_older_versions: boolean;
}

export interface Listed {
  packages: Status[];
  next: string | null;
}

export interface Event {
  sequence: number;
  at: string;
  generation: number;
  action: string;
  name: string;
  package: string | null;
  actor: string;
  code: string | null;
  detail: string | null;
}

export interface Applied {
  name: string;
  generation: number;
  active: string | null;
}

export interface InForce {
  document_type: string;
  generation: number;
  settings: Settings | null;
}

/** A report as fixtures and `dossier plugin run` have it; a fixture may leave fields and message of a check out. */
export interface Report {
  fields: Record<string, string | null>;
  checks: { code: string; outcome: Outcome; fields?: string[]; message?: string }[];
}

export type RulesAnswer = Report | { refused: string };

/** A fixture of a package that is tried; reports for which the answer has no room are null. */
export interface FixtureRun {
  name: string;
  document_type: string;
  passed: boolean;
  difference: string | null;
  expected: RulesAnswer | null;
  found: RulesAnswer | null;
  serving: { rules: string; found: RulesAnswer | null; code: string | null } | null;
}

/** A package that was tried and not kept. */
export interface DryRun {
  passed: boolean;
  package: string;
  kind: string;
  name: string;
  version: string | null;
  document_types: string[];
  artifact: string;
  publisher: string;
  signed_by: string | null;
  fixtures: FixtureRun[];
}

const name = (of: string): string => `/v1/packages/${inPath(of)}`;

/** Names of a list: as many as the host gives at once. */
export const MOST_NAMES = 1000;

export const list = (): Promise<Listed> => ask<Listed>(`/v1/packages?limit=${MOST_NAMES}`);
export const status = (of: string): Promise<Status> => ask<Status>(name(of));
export const history = (of: string): Promise<{ events: Event[] }> => ask(`${name(of)}/history?limit=50`);
export const activate = (of: string, digest: string): Promise<Applied> =>
  askWith(`${name(of)}/activate`, "POST", { package: digest });
export const canary = (of: string, digest: string, percent: number): Promise<Applied> =>
  askWith(`${name(of)}/canary`, "POST", { package: digest, percent });
export const shadow = (of: string, digest: string): Promise<Applied> =>
  askWith(`${name(of)}/shadow`, "POST", { package: digest });
export const promote = (of: string): Promise<Applied> => ask(`${name(of)}/promote`, { method: "POST" });
export const rollBack = (of: string): Promise<Applied> => ask(`${name(of)}/rollback`, { method: "POST" });
export const publish = (archive: Blob): Promise<Version> => ask("/v1/packages", { method: "POST", body: archive });
export const dryRun = (archive: Blob): Promise<DryRun> => ask("/v1/packages?dry_run=true", { method: "POST", body: archive });

const settingsOf = (of: string): string => `/v1/document-types/${inPath(of)}/settings`;

export const settings = (of: string): Promise<InForce> => ask<InForce>(settingsOf(of));
export const setSettings = (of: string, generation: number, values: unknown): Promise<InForce> =>
  askWith(settingsOf(of), "PUT", { generation, settings: values });

/** Whether a name is that of a document type; rules have no slash in theirs. */
export const isDocumentType = (of: string): boolean => of.includes("/");
