import { describe, expect, it } from "vitest";
import type { Answer, Check, Field } from "../host/documents";
import { checkPairs, fieldPairs } from "./difference";

const field = (name: string, value: string | null): Field => ({ name, raw: value, value, confidence: 1, source: "visual", page: 1, polygon: null });
const check = (code: string, outcome: Check["outcome"]): Check => ({ code, outcome, fields: [], message: "…" });
const answer = (fields: Field[], checks: Check[]): Answer => ({ fields, checks }) as unknown as Answer;

describe("two reports side by side", () => {
  const before = answer([field("surname", "A"), field("sex", "F")], [check("a", "passed"), check("image.blur", "passed"), check("image.blur", "failed")]);
  const after = answer([field("surname", "B"), field("sex", "F"), field("mrz", null)], [check("a", "failed"), check("image.blur", "passed"), check("image.blur", "failed")]);

  it("tell which fields differ, and which one has", () => {
    expect(fieldPairs(before, after).map(({ key, isSame, before: a, after: b }) => [key, isSame, a !== null, b !== null])).toEqual([
      ["surname visual 1", false, true, true],
      ["sex visual 1", true, true, true],
      ["mrz visual 1", false, false, true],
    ]);
  });

  it("tell checks apart that stand twice", () => {
    expect(checkPairs(before, after).map(({ key, isSame }) => [key, isSame])).toEqual([
      ["a 1", false],
      ["image.blur 1", true],
      ["image.blur 2", true],
    ]);
  });
});
