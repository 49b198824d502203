// The text format of Prometheus, version 0.0.4, as `/metrics` writes it.

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** Samples by the name of their metric. */
export class Metrics {
  constructor(
    readonly at: number,
    readonly samples: ReadonlyMap<string, Sample[]>,
  ) {}

  /** The samples of a name that have these labels. */
  all(name: string, labels: Record<string, string> = {}): Sample[] {
    const wanted = Object.entries(labels);
    return (this.samples.get(name) ?? []).filter((sample) => wanted.every(([key, value]) => sample.labels[key] === value));
  }

  /** The value of a metric, or null where the host does not tell it. */
  one(name: string, labels: Record<string, string> = {}): number | null {
    return this.all(name, labels)[0]?.value ?? null;
  }

  /** All values together. */
  sum(name: string, labels: Record<string, string> = {}): number {
    return this.all(name, labels).reduce((sum, sample) => sum + sample.value, 0);
  }
}

/** Lines that are looked at; a host with every type it may have writes fewer. */
const MOST_LINES = 200_000;

/** Reads the text; a line that is not as the format wants it is an error that shows it. */
export function parse(text: string, at: number): Metrics {
  const samples = new Map<string, Sample[]>();
  const lines = text.split("\n", MOST_LINES);
  for (const line of lines) {
    if (line === "" || line.startsWith("#")) continue;
    const { name, sample } = parseLine(line);
    const known = samples.get(name);
    if (known) known.push(sample);
    else samples.set(name, [sample]);
  }
  return new Metrics(at, samples);
}

const HEAD = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{)?/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(,?)/y;

function parseLine(line: string): { name: string; sample: Sample } {
  const head = HEAD.exec(line);
  if (head === null) throw new Error(`no metric: ${line}`);
  const labels: Record<string, string> = {};
  let place = head[0].length;
  if (head[2] !== undefined) {
    while (line[place] !== "}") {
      LABEL.lastIndex = place;
      const label = LABEL.exec(line);
      if (label === null) throw new Error(`no label: ${line}`);
      labels[label[1]!] = label[2]!.replace(/\\(.)/g, (_, letter: string) => (letter === "n" ? "\n" : letter));
      place += label[0].length;
    }
    place += 1;
  }
  const value = numberOf(line.slice(place).trim().split(" ")[0] ?? "");
  if (Number.isNaN(value)) throw new Error(`no number: ${line}`);
  return { name: head[1]!, sample: { labels, value } };
}

function numberOf(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  if (text === "-Inf") return Number.NEGATIVE_INFINITY;
  return text === "" ? Number.NaN : Number(text);
}

/** A class of a histogram: how many were at most `bound` and more than the class before. */
export interface Class {
  bound: number;
  count: number;
}

/** The classes of a histogram, and what they had before taken off. Series of several labels are added up. */
export function classes(now: Metrics, before: Metrics | null, name: string, labels: Record<string, string> = {}): Class[] {
  const cumulative = (metrics: Metrics): Map<number, number> => {
    const counts = new Map<number, number>();
    for (const { labels: of, value } of metrics.all(`${name}_bucket`, labels)) {
      const bound = numberOf(of.le ?? "");
      counts.set(bound, (counts.get(bound) ?? 0) + value);
    }
    return counts;
  };
  const earlier = before === null ? new Map<number, number>() : cumulative(before);
  const bounds = [...cumulative(now)].sort(([a], [b]) => a - b);
  let below = 0;
  return bounds.map(([bound, count]) => {
    const upTo = count - (earlier.get(bound) ?? 0);
    const inClass = Math.max(0, upTo - below);
    below = Math.max(below, upTo);
    return { bound, count: inClass };
  });
}

/** The value that a share of all is at most, as Prometheus estimates it; null where there is nothing. */
export function quantile(of: readonly Class[], share: number): number | null {
  const total = of.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  let below = 0;
  let lower = 0;
  for (const { bound, count } of of) {
    if (count > 0 && below + count >= total * share) {
      if (!Number.isFinite(bound)) return lower;
      return lower + ((bound - lower) * (total * share - below)) / count;
    }
    below += count;
    if (Number.isFinite(bound)) lower = bound;
  }
  return lower;
}

/** What a counter rose by; a host that started anew counts from nothing. */
export function rise(now: number, before: number): number {
  return now >= before ? now - before : now;
}
