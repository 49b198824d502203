import { describe, expect, it } from "vitest";
import type { Point, Quad } from "../host/documents";
import { applied, asMatrix3d, between, fitted, flatSize, homography } from "./homography";

const PAGE: Quad = [[812.4, 603.1], [2210.8, 655], [2166.3, 1640.2], [771.9, 1561.7]];
const FLAT: Quad = [[0, 0], [700, 0], [700, 500], [0, 500]];

describe("the map of a page", () => {
  it("takes corners to corners, and back", () => {
    const there = homography(PAGE, FLAT)!;
    const back = homography(FLAT, PAGE)!;
    PAGE.forEach((corner, index) => {
      const [x, y] = applied(there, corner);
      expect(x).toBeCloseTo((FLAT[index] as Point)[0], 6);
      expect(y).toBeCloseTo((FLAT[index] as Point)[1], 6);
      const [u, v] = applied(back, [x, y]);
      expect(u).toBeCloseTo(corner[0], 6);
      expect(v).toBeCloseTo(corner[1], 6);
    });
  });

  it("keeps straight lines straight", () => {
    const map = homography(PAGE, FLAT)!;
    const [a, b] = [PAGE[0], PAGE[1]];
    const [, y] = applied(map, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
    expect(y).toBeCloseTo(0, 6);
  });

  it("is none where corners lie on a line", () => {
    expect(homography([[0, 0], [1, 1], [2, 2], [3, 3]], FLAT)).toBeNull();
    expect(homography([[5, 5], [5, 5], [5, 5], [5, 5]], FLAT)).toBeNull();
  });

  it("is written for CSS column by column", () => {
    const map = homography([[0, 0], [1, 0], [1, 1], [0, 1]], [[10, 20], [12, 20], [12, 23], [10, 23]])!;
    const numbers = asMatrix3d(map).slice("matrix3d(".length, -1).split(",").map(Number);
    [2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1, 0, 10, 20, 0, 1].forEach((number, index) => {
      expect(numbers[index]).toBeCloseTo(number, 6);
    });
  });
});

describe("a page that lies flat", () => {
  it("has the proportions of its sides", () => {
    expect(flatSize(FLAT)).toEqual({ width: 700, height: 500 });
  });

  it("fits into its box and stays in the middle", () => {
    expect(fitted(700, 500, { width: 720, height: 920 }, 10)).toEqual([[10, 210], [710, 210], [710, 710], [10, 710]]);
  });

  it("is half-way at a half", () => {
    expect(between(FLAT, [[10, 10], [710, 10], [710, 510], [10, 510]], 0.5)[0]).toEqual([5, 5]);
  });
});
