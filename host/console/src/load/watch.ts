// What the page of the load remembers: the last minutes, as far as they are drawn.
import { type Class, type Metrics, classes, quantile, rise } from "../host/metrics";

/** One look at the host, as far as it is drawn over time. */
export interface Point {
  at: number;
  inWork: number | null;
  queued: number | null;
  rows: number | null;
  documentsPerSecond: number | null;
  refusedPerSecond: number | null;
  p50: number | null;
  p95: number | null;
}

export const EVERY_MS = 2000;
/** Points that are drawn: five minutes. */
export const MOST_POINTS = 150;
/** Looks that are kept whole, so that what happened of late can be told from all that ever did. */
const WINDOW = 30;
/** Seconds of the window, as it is told. */
export const WINDOW_SECONDS = (WINDOW * EVERY_MS) / 1000;

/** The looks of late, the newest last, and what is drawn of those before. */
export interface Watch {
  looks: readonly Metrics[];
  points: readonly Point[];
}

export const NOTHING: Watch = { looks: [], points: [] };

/** What is remembered once there is another look. A host that started anew is looked at anew. */
export function added(watch: Watch, now: Metrics): Watch {
  const last = watch.looks.at(-1);
  const isNew = last !== undefined && now.sum("dossier_requests_total") < last.sum("dossier_requests_total");
  const looks = [...(isNew ? [] : watch.looks), now].slice(-WINDOW);
  return { looks, points: [...watch.points, pointOf(looks)].slice(-MOST_POINTS) };
}

function pointOf(looks: readonly Metrics[]): Point {
  const now = looks.at(-1)!;
  const before = looks.at(-2) ?? null;
  const perSecond = (count: (metrics: Metrics) => number): number | null =>
    before === null ? null : (rise(count(now), count(before)) * 1000) / Math.max(1, now.at - before.at);
  const latency = documentClasses(looks);
  return {
    at: now.at,
    inWork: now.one("dossier_documents_in_work"),
    queued: now.one("dossier_documents_queued"),
    rows: now.one("dossier_rows_reading"),
    documentsPerSecond: perSecond((metrics) => metrics.sum("dossier_documents_total")),
    refusedPerSecond: perSecond(refused),
    p50: quantile(latency, 0.5),
    p95: quantile(latency, 0.95),
  };
}

/** Requests that came to nothing. */
export const refused = (metrics: Metrics): number =>
  metrics.sum("dossier_requests_total", { status: "4xx" }) + metrics.sum("dossier_requests_total", { status: "5xx" });

/** How long documents of late took, from the head of their request to their answer. */
function documentClasses(looks: readonly Metrics[]): Class[] {
  const [first, last] = [looks[0] ?? null, looks.at(-1)!];
  const name = "dossier_request_duration_seconds";
  const routes = ["/v1/extract", "/v1/document-types/{type}/extract", "/v2/models/{name}/infer"];
  const all = routes.map((route) => classes(last, looks.length > 1 ? first : null, name, { route }));
  const sums = new Map<number, number>();
  for (const { bound, count } of all.flat()) sums.set(bound, (sums.get(bound) ?? 0) + count);
  return [...sums].sort(([a], [b]) => a - b).map(([bound, count]) => ({ bound, count }));
}

/** The first and the last look of the window; the first is none where there is but one. */
export function ends(watch: Watch): { now: Metrics; before: Metrics | null } | null {
  const now = watch.looks.at(-1);
  if (now === undefined) return null;
  return { now, before: watch.looks.length > 1 ? watch.looks[0]! : null };
}

/** What a counter rose by in the window, by the values of one of its labels, the largest first. */
export function risen(watch: Watch, name: string, labels: readonly string[]): { key: string[]; count: number; total: number }[] {
  const there = ends(watch);
  if (there === null) return [];
  const keyOf = (of: Record<string, string>): string => JSON.stringify(labels.map((label) => of[label] ?? ""));
  const sums = (metrics: Metrics | null): Map<string, number> => {
    const sums = new Map<string, number>();
    for (const { labels: of, value } of metrics?.all(name) ?? []) sums.set(keyOf(of), (sums.get(keyOf(of)) ?? 0) + value);
    return sums;
  };
  const before = sums(there.before);
  return [...sums(there.now)]
    .map(([key, total]) => ({
      key: JSON.parse(key) as string[],
      total,
      count: there.before === null ? 0 : rise(total, before.get(key) ?? 0),
    }))
    .sort((a, b) => b.count - a.count || b.total - a.total);
}
