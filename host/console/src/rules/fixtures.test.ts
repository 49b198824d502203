import { describe, expect, it } from "vitest";
import type { FixtureRun, Report } from "../host/packages";
import { lines } from "./fixtures";

const report = (surname: string | null, outcome: "passed" | "failed", message?: string): Report => ({
  fields: { surname },
  checks: [{ code: "surname.there", outcome, ...(message === undefined ? {} : { fields: ["surname"], message }) }],
});
const run = (of: Partial<FixtureRun>): FixtureRun => ({
  name: "one",
  document_type: "utopia/passport/2024",
  passed: true,
  difference: null,
  expected: report("DOE", "passed"),
  found: report("DOE", "passed", "It is there."),
  serving: null,
  ...of,
});
const told = (of: FixtureRun): unknown[] => lines(of).map(({ name, isAsExpected, isAsServing }) => [name, isAsExpected, isAsServing]);

describe("the reports of a fixture", () => {
  it("are the same where a fixture leaves fields and message of a check out", () => {
    expect(told(run({}))).toEqual([
      ["surname", true, true],
      ["surname.there", true, true],
    ]);
  });

  it("tell what is not as expected, and what the rules that serve report otherwise", () => {
    const serving = { rules: "sha256:1", found: report("ROE", "passed", "It is there, too."), code: null };
    expect(told(run({ found: report("DOE", "failed", "It is not."), serving }))).toEqual([
      ["surname", true, false],
      ["surname.there", false, false],
    ]);
    const stated = run({ expected: report("DOE", "passed", "Another sentence.") });
    expect(told(stated)[1]).toEqual(["surname.there", false, true]);
  });

  it("have a line for what only one of them has, and for a refusal", () => {
    const refusal = { refused: "document.incomplete" };
    expect(told(run({ expected: refusal }))).toEqual([
      ["refused with", false, true],
      ["surname", false, true],
      ["surname.there", false, true],
    ]);
    expect(told(run({ expected: refusal, found: refusal }))).toEqual([["refused with", true, true]]);
    expect(lines(run({ expected: refusal }))[0]).toMatchObject({ expected: { text: "document.incomplete" }, found: null });
  });

  it("compare nothing with rules that failed, and are none where there was no room", () => {
    const failed = { rules: "sha256:1", found: null, code: "plugin.trap" };
    expect(told(run({ serving: failed }))).toEqual(told(run({})));
    expect(lines(run({ expected: null, found: null }))).toEqual([]);
  });
});
