// Try it: one document, and what the host makes of it.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { DocumentTypes } from "../host/documents";
import { documentTypes } from "../host/documents";
import { useCell } from "../session";
import { RefusalNote, duration, percent } from "../ui/parts";
import { usePolled } from "../ui/poll";
import { forget, inHand, read } from "./document";
import { Pick } from "./pick";
import { Result } from "./result";

/** What serves changes rarely. */
const TYPES_EVERY_MS = 30_000;

export function TryPage(): JSX.Element {
  const types = usePolled<DocumentTypes>(() => documentTypes(), TYPES_EVERY_MS);
  const document = useCell(inHand);
  const [documentType, setDocumentType] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const state = document?.state ?? null;

  const take = (files: readonly File[], named: string | null): void => {
    setProblem(null);
    void read(files, named);
  };
  const titleOf = (name: string): string | null =>
    types.value?.document_types.find((type) => type.document_type === name)?.title ?? null;

  return (
    <div class="try">
      <h1 class={state?.kind === "read" ? "unseen" : ""}>Try it</h1>
      {state?.kind === "read" && document && (
        <Result document={document} answer={state.answer} title={titleOf(state.answer.document_type)} onForget={forget} />
      )}
      {state?.kind === "reading" && <Reading since={state.since} count={document?.files.length ?? 0} />}
      {state?.kind === "refused" && document && (
        <RefusalNote refusal={state.refusal}>
          {state.refusal.candidates.length > 0 && (
            <div class="row">
              <span>Read it as</span>
              {state.refusal.candidates.map((candidate) => (
                <button
                  key={candidate.document_type}
                  type="button"
                  class="button"
                  onClick={() => take(document.files, candidate.document_type)}
                >
                  {titleOf(candidate.document_type) ?? candidate.document_type} ({percent(candidate.confidence)})
                </button>
              ))}
            </div>
          )}
          {state.refusal.retryAfterSeconds !== null && <p>Try again in {state.refusal.retryAfterSeconds} s.</p>}
          {state.refusal.status !== 404 && (
            <button type="button" class="button" onClick={() => take(document.files, document.documentType)}>
              Send it again
            </button>
          )}
        </RefusalNote>
      )}
      {problem !== null && (
        <div class="note note-bad" role="alert">
          {problem}
        </div>
      )}
      {types.refusal !== null && types.refusal.status !== 401 && <RefusalNote refusal={types.refusal} />}
      <Pick
        types={types.value}
        documentType={documentType}
        onDocumentType={setDocumentType}
        onFiles={take}
        onProblem={setProblem}
        isSmall={state !== null}
      />
      <p class="fine">
        A document is sent to this host and nowhere else. This page keeps it in memory until you forget it, send another or close
        the page.
      </p>
    </div>
  );
}

function Reading({ since, count }: { since: number; count: number }): JSX.Element {
  const [now, setNow] = useState(performance.now());
  useEffect(() => {
    window.scrollTo({ top: 0 });
    const timer = window.setInterval(() => setNow(performance.now()), 100);
    return () => window.clearInterval(timer);
  }, []);
  return (
    <div class="reading">
      <span class="spinner" aria-hidden="true" />
      <span role="status">Reading {count === 1 ? "a picture" : `${count} pictures`}</span>
      <span class="number" aria-hidden="true">
        {duration(Math.max(0, now - since))}
      </span>
      <button type="button" class="button" onClick={forget}>
        Stop
      </button>
    </div>
  );
}
