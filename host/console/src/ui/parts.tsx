// What several pages are made of.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Refusal } from "../host/client";
import type { Outcome } from "../host/documents";
import { Icon, type IconName } from "./icons";

/** A part of a page with a heading. */
export function Panel(props: {
  title: string;
  aside?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}): JSX.Element {
  const id = useId();
  return (
    <section class={`panel ${props.class ?? ""}`} aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

/** Why the host, or this page, did not do something. */
export function RefusalNote({ refusal, children }: { refusal: Refusal; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="note note-bad" role="alert">
      <strong>{refusal.title}</strong>
      <p>{refusal.detail}</p>
      {children}
      <p class="fine">
        <code>{refusal.code}</code>
        {refusal.status > 0 && <> · {refusal.status}</>}
        {refusal.requestId !== null && (
          <>
            {" "}
            · request <code>{refusal.requestId}</code>
          </>
        )}
      </p>
    </div>
  );
}

/** Something that is as it is, and what could be done about it. */
export function Note({ children }: { children: ComponentChildren }): JSX.Element {
  return <div class="note">{children}</div>;
}

const OUTCOMES: Record<Outcome, { icon: IconName; text: string }> = {
  passed: { icon: "check", text: "passed" },
  failed: { icon: "cross", text: "failed" },
  not_performed: { icon: "dash", text: "not performed" },
};

/** What became of a check, as a sign and, for those who don't see it, as a word. */
export function OutcomeMark({ outcome }: { outcome: Outcome }): JSX.Element {
  const { icon, text } = OUTCOMES[outcome];
  return (
    <span class={`mark mark-${outcome}`}>
      <Icon name={icon} />
      <span class="unseen">{text}</span>
    </span>
  );
}

/** A word in a frame. */
export function Tag({ tone, children }: { tone: "good" | "bad" | "warn" | "plain" | "accent"; children: ComponentChildren }): JSX.Element {
  return <span class={`tag tag-${tone}`}>{children}</span>;
}

/** How sure something is: a bar, and the number. */
export function Confidence({ value }: { value: number | null }): JSX.Element {
  if (value === null) return <span class="muted">–</span>;
  const tone = value >= 0.9 ? "good" : value >= 0.5 ? "warn" : "bad";
  return (
    <span class="confidence">
      <Bar part={value} tone={tone} />
      <span class="number">{percent(value)}</span>
    </span>
  );
}

/** A bar that is filled so far; a number beside it says the same. */
export function Bar({ part, tone = "accent" }: { part: number; tone?: string }): JSX.Element {
  const width = `${Math.max(0, Math.min(1, part)) * 100}%`;
  return (
    <span class="bar" aria-hidden="true">
      <span class={`bar-fill bar-${tone}`} style={{ width }} />
    </span>
  );
}

/** A digest, shortened, and a button that copies all of it. */
export function DigestText({ value }: { value: string | null }): JSX.Element {
  if (value === null) return <span class="muted">none</span>;
  return (
    <span class="digest">
      <code title={value}>{short(value)}</code>
      <CopyButton text={value} what="digest" quiet />
    </span>
  );
}

/** Copies a text, and says so. */
export function CopyButton({ text, what, quiet = false }: { text: string; what: string; quiet?: boolean }): JSX.Element {
  const [told, setTold] = useState<"" | "copied" | "not copied">("");
  const timer = useRef<number | undefined>(undefined);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setTold("copied");
    } catch {
      // Without TLS a browser gives pages of other machines no clipboard.
      setTold("not copied");
    }
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setTold(""), 2000);
  };
  const icon = told === "copied" ? "check" : "copy";
  return (
    <button type="button" class={quiet ? "button-quiet" : "button"} onClick={() => void copy()}>
      <Icon name={icon} />
      <span class={quiet ? "unseen" : ""}>{told === "" ? `Copy ${quiet ? what : ""}` : told}</span>
      <span class="unseen" role="status">
        {told === "" ? "" : `${what} ${told}`}
      </span>
    </button>
  );
}

/** A question that wants an answer before anything is done. */
export function Confirm(props: {
  title: string;
  action: string;
  danger?: boolean;
  /** Whether it can't be done as it is asked. */
  isWrong?: boolean;
  children: ComponentChildren;
  onAnswer: (yes: boolean) => void;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  // Before the browser comes to the next key, which may be the dialog's.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    // By its own closing, so that the focus is back where it was before this is taken away.
    <dialog ref={dialog} aria-labelledby={title} onClose={() => props.onAnswer(dialog.current?.returnValue === "yes")} class="dialog">
      <h2 id={title}>{props.title}</h2>
      {props.children}
      <div class="row row-end">
        <button type="button" class="button" onClick={() => dialog.current?.close("no")}>
          Leave it
        </button>
        <button type="button" class={`button ${props.danger ? "button-danger" : "button-main"}`} disabled={props.isWrong} onClick={() => dialog.current?.close("yes")}>
          {props.action}
        </button>
      </div>
    </dialog>
  );
}

/** A table that scrolls sideways within its panel where it has no room. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

export const percent = (share: number): string => `${(share * 100).toFixed(share >= 0.9995 || share === 0 ? 0 : 1)} %`;

/** The first and last digits of a digest. */
export function short(digest: string): string {
  const hex = digest.replace(/^sha256:/, "");
  return hex.length > 16 ? `${hex.slice(0, 8)}…${hex.slice(-4)}` : hex;
}

/** A time in the unit that people would say. */
export function duration(milliseconds: number): string {
  if (milliseconds >= 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  if (milliseconds >= 10) return `${milliseconds.toFixed(0)} ms`;
  return `${milliseconds.toFixed(milliseconds >= 0.95 ? 1 : 2)} ms`;
}

/** A number of bytes in the unit that people would say. */
export function bytes(number: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let rest = number;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${rest >= 100 || unit === 0 ? rest.toFixed(0) : rest.toFixed(1)} ${units[unit]}`;
}

/** A name of a field or stage as words. */
export const words = (name: string): string => name.replaceAll("_", " ");
