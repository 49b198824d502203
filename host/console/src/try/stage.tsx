// The page as it lies flat, or in the picture as it was sent, with the places of its fields.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Check, Field, Page, Point, Quad } from "../host/documents";
import { percent, words } from "../ui/parts";
import { type Homography, applied, asMatrix3d, between, fitted, flatSize, homography } from "./homography";
import type { Picture } from "./pictures";

export type View = "flat" | "sent";

interface StageProps {
  page: Page;
  picture: Picture | null;
  fields: readonly Field[];
  checks: readonly Check[];
  view: View;
  active: string | null;
  onActive: (field: string | null) => void;
  onPick: (field: string) => void;
}

/** Pixels between the page and the edge of its box. */
const MARGIN = 10;
const MOVE_MS = 320;
/** The room that a label takes. */
const LABEL_WIDTH = 190;
const LABEL_HEIGHT = 24;

export function Stage(props: StageProps): JSX.Element {
  const { page, picture } = props;
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const part = useMove(props.view === "flat" ? 1 : 0);

  const flat = flatSize(page.corners);
  const lying = fitted(flat.width, flat.height, size, MARGIN);
  const target = picture === null ? lying : between(asSent(page.corners, picture, size), lying, part);
  const map = homography(page.corners, target);

  return (
    <div class="stage" ref={box}>
      {map !== null && picture !== null && <PictureLayer picture={picture} corners={page.corners} target={target} isCut={part === 1} />}
      {map !== null && size.width > 0 && <Places {...props} map={map} size={size} target={target} isOutlined={part < 1 || picture === null} />}
      {picture === null && <p class="stage-note">This browser can't show the file; the places are drawn on an empty page.</p>}
    </div>
  );
}

/** Where the corners of the page are when the whole picture fits into the box. */
function asSent(corners: Quad, picture: Picture, size: Size): Quad {
  const [[x, y], [right]] = fitted(picture.width, picture.height, size, MARGIN);
  const scale = (right - x) / picture.width;
  return corners.map(([u, v]) => [x + u * scale, y + v * scale]) as Quad;
}

function PictureLayer(props: { picture: Picture; corners: Quad; target: Quad; isCut: boolean }): JSX.Element {
  const { bitmap, scale } = props.picture;
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    // A picture that was let go has no pixels any more.
    if (bitmap.width > 0) canvas.current?.getContext("2d")?.drawImage(bitmap, 0, 0);
  }, [bitmap]);
  const corners = props.corners.map(([x, y]) => [x * scale, y * scale]) as Quad;
  const map = homography(corners, props.target);
  const cut = corners.map(([x, y]) => `${x.toFixed(2)}px ${y.toFixed(2)}px`).join(", ");
  const style = { transform: map === null ? "none" : asMatrix3d(map), clipPath: props.isCut ? `polygon(${cut})` : "none" };
  return <canvas ref={canvas} width={bitmap.width} height={bitmap.height} class="stage-picture" style={style} aria-hidden="true" />;
}

function Places(props: StageProps & { map: Homography; size: Size; target: Quad; isOutlined: boolean }): JSX.Element {
  const { fields, active, map, size } = props;
  const failed = new Set(props.checks.filter((check) => check.outcome === "failed").flatMap((check) => check.fields));
  const placed = fields.flatMap((field) => (field.polygon === null ? [] : [{ field, points: field.polygon.map((point) => applied(map, point)) }]));
  const shown = placed.find(({ field }) => field.name === active);
  return (
    <>
      <svg class="places" width={size.width} height={size.height} role="group" aria-label={`Places of the fields on page ${props.page.page}`}>
        {props.isOutlined && <polygon class="page-outline" points={asPoints(props.target)} />}
        {placed.map(({ field, points }) => (
          <polygon
            key={field.name}
            points={asPoints(points)}
            class={`place ${field.name === active ? "place-active" : ""} ${failed.has(field.name) ? "place-failed" : ""}`}
            role="button"
            tabIndex={0}
            aria-label={`${words(field.name)}, on the page`}
            onMouseEnter={() => props.onActive(field.name)}
            onMouseLeave={() => props.onActive(null)}
            onFocus={() => props.onActive(field.name)}
            onBlur={() => props.onActive(null)}
            onClick={() => props.onPick(field.name)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" && event.key !== " ") return;
              event.preventDefault();
              props.onPick(field.name);
            }}
          />
        ))}
      </svg>
      {shown && <Label field={shown.field} points={shown.points} size={size} />}
    </>
  );
}

/** What a field was read as, beside its place. */
function Label({ field, points, size }: { field: Field; points: readonly Point[]; size: Size }): JSX.Element {
  const top = Math.min(...points.map(([, y]) => y));
  const bottom = Math.max(...points.map(([, y]) => y));
  const left = Math.min(...points.map(([x]) => x));
  const right = Math.max(...points.map(([x]) => x));
  // Beside the place where there is room, so that it hides nothing above; else above or below.
  const isBeside = right + LABEL_WIDTH < size.width;
  const isBelow = top < LABEL_HEIGHT * 2;
  const style = {
    left: `${isBeside ? right + 8 : Math.max(4, Math.min(left, size.width - LABEL_WIDTH))}px`,
    top: `${isBeside ? (top + bottom - LABEL_HEIGHT) / 2 : isBelow ? bottom + 6 : top - LABEL_HEIGHT - 6}px`,
  };
  return (
    <div class="place-label" style={style} aria-hidden="true">
      <b>{words(field.name)}</b>
      {field.confidence !== null && <span>{percent(field.confidence)}</span>}
    </div>
  );
}

const asPoints = (points: readonly Point[]): string => points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");

interface Size {
  width: number;
  height: number;
}

function useSize(of: { current: HTMLElement | null }): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = of.current;
    if (element === null) return undefined;
    const look = (): void => setSize({ width: element.clientWidth, height: element.clientHeight });
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, [of]);
  return size;
}

/** A number that moves to its goal, or is there at once for those who want no motion. */
function useMove(goal: number): number {
  const [at, setAt] = useState(goal);
  const now = useRef(goal);
  useEffect(() => {
    const from = now.current;
    if (from === goal) return undefined;
    const set = (value: number): void => {
      now.current = value;
      setAt(value);
    };
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      set(goal);
      return undefined;
    }
    const begun = performance.now();
    let frame = requestAnimationFrame(function step(time) {
      const part = Math.min(1, Math.max(0, (time - begun) / MOVE_MS));
      const eased = 1 - (1 - part) ** 3;
      set(part === 1 ? goal : from + (goal - from) * eased);
      if (part < 1) frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [goal]);
  return at;
}
