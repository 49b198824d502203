// What differs between two reports on the same document.
import type { Answer, Check, Field } from "../host/documents";

/** One line of both reports; a side that lacks it is null. */
export interface Pair<T> {
  key: string;
  before: T | null;
  after: T | null;
  isSame: boolean;
}

/** Fields side by side, in the order of the first report. */
export function fieldPairs(before: Answer, after: Answer): Pair<Field>[] {
  return paired(before.fields, after.fields, (field) => `${field.name} ${field.source}`, (a, b) => a.value === b.value && a.raw === b.raw);
}

/** Checks side by side. A message may differ while a check comes to the same: that is no difference. */
export function checkPairs(before: Answer, after: Answer): Pair<Check>[] {
  return paired(before.checks, after.checks, (check) => check.code, (a, b) => a.outcome === b.outcome);
}

function paired<T>(before: readonly T[], after: readonly T[], keyOf: (of: T) => string, isSame: (a: T, b: T) => boolean): Pair<T>[] {
  const [left, right] = [byKey(before, keyOf), byKey(after, keyOf)];
  return [...new Set([...left.keys(), ...right.keys()])].map((key) => {
    const [a, b] = [left.get(key) ?? null, right.get(key) ?? null];
    return { key, before: a, after: b, isSame: a !== null && b !== null && isSame(a, b) };
  });
}

/** What a report has, by key. The same key may stand several times in it, such as a check of each page. */
export function byKey<T>(all: readonly T[], keyOf: (of: T) => string): Map<string, T> {
  const seen = new Map<string, number>();
  return new Map(
    all.map((one) => {
      const key = keyOf(one);
      const number = (seen.get(key) ?? 0) + 1;
      seen.set(key, number);
      return [`${key} ${number}`, one];
    }),
  );
}
