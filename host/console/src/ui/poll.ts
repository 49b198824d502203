// Something that is asked again and again while it is looked at.
import { useEffect, useRef, useState } from "preact/hooks";
import { Refusal } from "../host/client";
import { token, useCell } from "../session";

export interface Polled<T> {
  value: T | null;
  refusal: Refusal | null;
  /** Asks at once. */
  again: () => void;
}

/** Asks every so many milliseconds, one question at a time, and not while the page is hidden. */
export function usePolled<T>(question: (signal: AbortSignal) => Promise<T>, everyMs: number): Polled<T> {
  const [value, setValue] = useState<T | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [turn, setTurn] = useState(0);
  const bearer = useCell(token);
  const asked = useRef(question);
  asked.current = question;

  useEffect(() => {
    const controller = new AbortController();
    let timer: number | undefined;
    const look = async (): Promise<void> => {
      window.clearTimeout(timer);
      if (document.visibilityState === "visible") {
        try {
          const answer = await asked.current(controller.signal);
          if (controller.signal.aborted) return;
          setValue(() => answer);
          setRefusal(null);
        } catch (error) {
          if (controller.signal.aborted) return;
          const refused = refusalOf(error);
          setRefusal(refused);
          // Nothing changes until somebody types another token, or there is no such route here.
          if (refused.status === 401 || refused.status === 404) return;
        }
      }
      timer = window.setTimeout(look, everyMs);
    };
    const seen = (): void => {
      if (document.visibilityState === "visible") void look();
    };
    document.addEventListener("visibilitychange", seen);
    void look();
    return () => {
      controller.abort();
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [everyMs, turn, bearer]);

  return { value, refusal, again: () => setTurn((number) => number + 1) };
}

/** Whatever was thrown, as something that can be shown. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new Refusal("console.failed", "The console failed", detail, 0, null, [], null);
}
