// The reports of one fixture, line by line: what it expects, what a package's rules make of it, and those that serve.
import type { Outcome } from "../host/documents";
import type { FixtureRun, RulesAnswer } from "../host/packages";
import { byKey } from "./difference";

/** What a report has in one line; null where it has no such line. */
export type Cell = { text: string | null; outcome: Outcome | null } | null;

export interface Line {
  key: string;
  /** The name of a field, or the code of a check. */
  name: string;
  isCheck: boolean;
  expected: Cell;
  found: Cell;
  serving: Cell;
  /** Whether what is found is what is expected; of a check, what the fixture leaves out is nobody's concern. */
  isAsExpected: boolean;
  /** Whether the rules that serve come to the same; true where nothing is compared. */
  isAsServing: boolean;
}

interface Entry {
  key: string;
  name: string;
  isCheck: boolean;
  text: string | null;
  outcome: Outcome | null;
  fields: string | null;
}

export function lines(run: FixtureRun): Line[] {
  const of = (answer: RulesAnswer | null): Map<string, Entry> => byKey(answer === null ? [] : entries(answer), ({ key }) => key);
  const [expected, found] = [of(run.expected), of(run.found)];
  const serving = of(run.serving?.found ?? null);
  const isCompared = run.serving !== null && run.serving.found !== null;
  return [...new Set([...expected.keys(), ...found.keys(), ...serving.keys()])].map((key) => {
    const [wanted, there, served] = [expected.get(key) ?? null, found.get(key) ?? null, serving.get(key) ?? null];
    const { name, isCheck } = (wanted ?? there ?? served) as Entry;
    return {
      key,
      name,
      isCheck,
      expected: cellOf(wanted),
      found: cellOf(there),
      serving: cellOf(served),
      isAsExpected: wanted === null || there === null ? wanted === there : isAsExpected(wanted, there),
      isAsServing: !isCompared || isSame(served, there),
    };
  });
}

function entries(answer: RulesAnswer): Entry[] {
  if ("refused" in answer) {
    return [{ key: "refused", name: "refused with", isCheck: false, text: answer.refused, outcome: null, fields: null }];
  }
  const fields = Object.entries(answer.fields).map(
    ([name, value]): Entry => ({ key: `field ${name}`, name, isCheck: false, text: value, outcome: null, fields: null }),
  );
  const checks = answer.checks.map(
    ({ code, outcome, message, fields: of }): Entry => ({ key: `check ${code}`, name: code, isCheck: true, text: message ?? null, outcome, fields: of?.join() ?? null }),
  );
  return [...fields, ...checks];
}

function isAsExpected(wanted: Entry, there: Entry): boolean {
  if (!wanted.isCheck) return wanted.text === there.text;
  const isText = wanted.text === null || wanted.text === there.text;
  return wanted.outcome === there.outcome && isText && (wanted.fields === null || wanted.fields === there.fields);
}

/** A message may differ while a check comes to the same: that is no difference. */
function isSame(served: Entry | null, there: Entry | null): boolean {
  if (served === null || there === null) return served === there;
  return served.isCheck ? served.outcome === there.outcome : served.text === there.text;
}

function cellOf(entry: Entry | null): Cell {
  return entry === null ? null : { text: entry.text, outcome: entry.outcome };
}
