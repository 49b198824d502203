// The map between the picture that was sent and the page as it lies flat.
import type { Point, Quad } from "../host/documents";

/** Nine numbers, row by row: what takes a point of one plane to another. */
export type Homography = readonly [number, number, number, number, number, number, number, number, number];

/** The map that takes each corner of `from` to that of `to`; null where the corners make no quadrilateral. */
export function homography(from: Quad, to: Quad): Homography | null {
  const rows: number[][] = [];
  for (let corner = 0; corner < 4; corner += 1) {
    const [x, y] = from[corner] as Point;
    const [u, v] = to[corner] as Point;
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y, u]);
    rows.push([0, 0, 0, x, y, 1, -v * x, -v * y, v]);
  }
  const solved = solve(rows);
  if (solved === null) return null;
  return [...solved, 1] as unknown as Homography;
}

/** Gauss, with the largest pivot of each column. Each row has its right side behind it. */
function solve(rows: number[][]): number[] | null {
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < size; row += 1) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    }
    const top = rows[pivot]!;
    const head = top[column]!;
    if (Math.abs(head) < 1e-9) return null;
    rows[pivot] = rows[column]!;
    rows[column] = top;
    for (let row = 0; row < size; row += 1) {
      if (row === column) continue;
      const factor = rows[row]![column]! / head;
      for (let place = column; place <= size; place += 1) rows[row]![place]! -= factor * top[place]!;
    }
  }
  const solved = rows.map((row, index) => row[size]! / row[index]!);
  return solved.every(Number.isFinite) ? solved : null;
}

/** Where a point goes. */
export function applied(map: Homography, [x, y]: Point): Point {
  const depth = map[6] * x + map[7] * y + map[8];
  return [(map[0] * x + map[1] * y + map[2]) / depth, (map[3] * x + map[4] * y + map[5]) / depth];
}

/** The same as a transform of CSS, about the left upper corner. */
export function asMatrix3d(map: Homography): string {
  const [a, b, c, d, e, f, g, h, i] = map;
  return `matrix3d(${[a, d, 0, g, b, e, 0, h, 0, 0, 1, 0, c, f, 0, i].map((number) => number.toFixed(10)).join(",")})`;
}

const distance = ([x, y]: Point, [u, v]: Point): number => Math.hypot(u - x, v - y);

/** How wide and how high the page is when it lies flat: the means of its opposite sides. */
export function flatSize(corners: Quad): { width: number; height: number } {
  const [a, b, c, d] = corners;
  return {
    width: Math.max(1, (distance(a, b) + distance(d, c)) / 2),
    height: Math.max(1, (distance(a, d) + distance(b, c)) / 2),
  };
}

/** The largest rectangle of these proportions in the middle of a box, as corners. */
export function fitted(width: number, height: number, box: { width: number; height: number }, margin: number): Quad {
  const scale = Math.min((box.width - 2 * margin) / width, (box.height - 2 * margin) / height);
  const [w, h] = [width * scale, height * scale];
  const [x, y] = [(box.width - w) / 2, (box.height - h) / 2];
  return [[x, y], [x + w, y], [x + w, y + h], [x, y + h]];
}

/** Corners on their way from one place to another. */
export function between(from: Quad, to: Quad, part: number): Quad {
  return from.map(([x, y], corner) => {
    const [u, v] = to[corner] as Point;
    return [x + (u - x) * part, y + (v - y) * part];
  }) as Quad;
}
