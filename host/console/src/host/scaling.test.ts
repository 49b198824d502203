import { describe, expect, it } from "vitest";
import { curveOf, scaled } from "./scaling";

describe("a scaling", () => {
  it("that changes nothing changes nothing", () => {
    for (const confidence of [0.01, 0.5, 0.99]) {
      expect(scaled({ field: "sex", slope: 1, intercept: 0 }, confidence)).toBeCloseTo(confidence, 10);
    }
  });

  it("is what the host computes", () => {
    // sigmoid(1.4 * logit(0.9) + 0.2), as host/engine's Scaling has it.
    expect(scaled({ field: "sex", slope: 1.4, intercept: 0.2 }, 0.9)).toBeCloseTo(0.9636, 4);
  });

  it("stays within what can be, at both ends", () => {
    const [least, most] = [0, 1].map((confidence) => scaled({ field: "sex", slope: 3, intercept: -2 }, confidence));
    expect(least).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(1);
  });
});

describe("a curve", () => {
  it("goes from below on the left to above on the right", () => {
    const curve = curveOf({ field: "sex", slope: 1, intercept: 0 });
    expect(curve.startsWith("M0.00 100.00L")).toBe(true);
    expect(curve.endsWith("L100.00 0.00")).toBe(true);
    expect(curve).toContain("L50.00 50.00");
  });
});
