// The document that this page has in hand: its files, its pictures and what the host answered. It is in
// memory alone, until it is forgotten, another comes, or the page is closed.
import type { Refusal } from "../host/client";
import { type Answer, type Conditions, extract } from "../host/documents";
import { Cell } from "../session";
import { refusalOf } from "../ui/poll";
import { type Picture, closePictures, picturesOf } from "./pictures";

export interface InHand {
  files: readonly File[];
  /** The document type that was named; null where the host was to find it. */
  documentType: string | null;
  pictures: readonly (Picture | null)[];
  state:
    | { kind: "reading"; since: number; controller: AbortController }
    | { kind: "refused"; refusal: Refusal }
    | { kind: "read"; answer: Answer };
}

/** Files of one document at most; the host reads fewer pages by default. */
export const MOST_FILES = 16;

export const inHand = new Cell<InHand | null>(null);

/** Reports of other versions on the document in hand, the newest last. */
export const compared = new Cell<readonly Answer[]>([]);

/** Sends a document, and shows what comes of it. Whatever was in hand before is let go. */
export async function read(files: readonly File[], documentType: string | null): Promise<void> {
  const before = inHand.get();
  const kept = before !== null && before.files === files ? before.pictures : null;
  if (before?.state.kind === "reading") before.state.controller.abort();
  if (kept === null) forget();
  compared.set([]);
  const controller = new AbortController();
  inHand.set({ files, documentType, pictures: kept ?? [], state: { kind: "reading", since: performance.now(), controller } });
  const drawn = kept ?? picturesOf(files);
  let state: InHand["state"];
  try {
    state = { kind: "read", answer: await extract(files, documentType, controller.signal) };
  } catch (error) {
    state = { kind: "refused", refusal: refusalOf(error) };
  }
  const pictures = await drawn;
  const now = inHand.get();
  const isWanted = now?.state.kind === "reading" && now.state.controller === controller;
  if (isWanted) inHand.set({ ...now, pictures, state });
  else if (kept === null) closePictures(pictures);
}

/** Has the document in hand read once more, by what `conditions` name, and keeps the report beside the first. */
export async function readAgain(conditions: Conditions): Promise<Answer> {
  const document = inHand.get();
  if (document === null) throw new Error("There is no document in hand.");
  const answer = await extract(document.files, typeOf(document), new AbortController().signal, conditions);
  if (inHand.get()?.files === document.files) compared.set([...compared.get(), answer].slice(-2));
  return answer;
}

/** The type that a document is read as: the one that was named, or the one that was found. */
function typeOf(document: InHand): string | null {
  return document.documentType ?? (document.state.kind === "read" ? document.state.answer.document_type : null);
}

/** Lets go of the document in hand, and of what is asked about it. */
export function forget(): void {
  const now = inHand.get();
  if (now === null) return;
  if (now.state.kind === "reading") now.state.controller.abort();
  closePictures(now.pictures);
  inHand.set(null);
  compared.set([]);
}
