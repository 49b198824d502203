// Small charts, drawn here. What they show is told in words beside them, or in their labels.
import type { JSX } from "preact";
import type { Class } from "../host/metrics";

interface Line {
  values: readonly (number | null)[];
  tone: "accent" | "dim" | "bad";
}

/** Lines over time, the newest at the right. Where nothing was told, there is no line. */
export function Lines({ lines, room, label, top }: { lines: readonly Line[]; room: number; label: string; top?: number }): JSX.Element {
  const values = lines.flatMap((line) => line.values.filter((value) => value !== null));
  const most = Math.max(top ?? 0, ...values, 1e-9);
  return (
    <svg class="lines" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label={label}>
      {lines.map((line) => {
        const path = pathOf(line.values, room, most);
        return (
          <g key={line.tone} class={`line line-${line.tone}`}>
            {line.tone === "accent" && <path class="line-ground" d={groundOf(line.values, room, most)} />}
            <path class="line-stroke" d={path} vector-effect="non-scaling-stroke" />
          </g>
        );
      })}
    </svg>
  );
}

const x = (index: number, count: number, room: number): number => 100 - ((count - 1 - index) / Math.max(1, room - 1)) * 100;
const y = (value: number, most: number): number => 98 - (value / most) * 92;

function pathOf(values: readonly (number | null)[], room: number, most: number): string {
  let isDown = false;
  return values
    .map((value, index) => {
      if (value === null) {
        isDown = false;
        return "";
      }
      const step = `${isDown ? "L" : "M"}${x(index, values.length, room).toFixed(2)} ${y(value, most).toFixed(2)}`;
      isDown = true;
      return step;
    })
    .join("");
}

function groundOf(values: readonly (number | null)[], room: number, most: number): string {
  const there = values.flatMap((value, index) => (value === null ? [] : [{ value, at: x(index, values.length, room) }]));
  if (there.length < 2) return "";
  const tops = there.map(({ value, at }) => `L${at.toFixed(2)} ${y(value, most).toFixed(2)}`).join("");
  return `M${there[0]!.at.toFixed(2)} 100${tops}L${there.at(-1)!.at.toFixed(2)} 100Z`;
}

/** How often each size was met. */
export function Sizes({ classes, label }: { classes: readonly Class[]; label: string }): JSX.Element {
  const most = Math.max(1, ...classes.map(({ count }) => count));
  return (
    <div class="sizes" role="img" aria-label={label}>
      {classes.map(({ bound, count }, index) => (
        <span key={bound} class="size">
          <span class="size-room">
            <span class="size-bar" style={{ height: `${(count / most) * 100}%` }} />
          </span>
          <span class="fine">{Number.isFinite(bound) ? bound : `>${classes[index - 1]?.bound ?? 0}`}</span>
        </span>
      ))}
    </div>
  );
}
