// What this page knows for as long as it is open. Nothing of it is stored: closing the page forgets it.
import { useEffect, useState } from "preact/hooks";

export type Listener = "documents" | "admin";

/** The listener that served this page; the host wrote it into the page. */
export const listener: Listener =
  document.querySelector<HTMLMetaElement>('meta[name="dossier-listener"]')?.content === "admin" ? "admin" : "documents";

type Watcher = () => void;

/** One value that parts of the page watch. */
export class Cell<T> {
  #value: T;
  readonly #watchers = new Set<Watcher>();

  constructor(value: T) {
    this.#value = value;
  }

  get(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const watcher of [...this.#watchers]) watcher();
  }

  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

/** The value of a cell, and a new drawing whenever it changes. */
export function useCell<T>(cell: Cell<T>): T {
  const [value, setValue] = useState(() => cell.get());
  useEffect(() => {
    setValue(() => cell.get());
    return cell.watch(() => setValue(() => cell.get()));
  }, [cell]);
  return value;
}

/** What is sent as `Authorization: Bearer`, where somebody typed it. It is nowhere but in this variable. */
export const token = new Cell<string | null>(null);

/** Whether the host refused the last request for want of a token that it knows. */
export const tokenWanted = new Cell(false);
