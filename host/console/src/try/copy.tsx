// The same request to take elsewhere, and the answer as it came.
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Answer } from "../host/documents";
import { token, useCell } from "../session";
import { CopyButton, Panel } from "../ui/parts";
import type { InHand } from "./document";
import { LANGUAGES, type Language, snippet } from "./snippets";

const TABS = [...LANGUAGES, "Answer"] as const;
type Tab = Language | "Answer";

export function Copy({ document, answer }: { document: InHand; answer: Answer }): JSX.Element {
  const [tab, setTab] = useState<Tab>("curl");
  const tabs = useRef<HTMLDivElement>(null);
  const hasToken = useCell(token) !== null;
  const text =
    tab === "Answer"
      ? `${JSON.stringify(answer, null, 2)}\n`
      : snippet(tab, {
          origin: location.origin,
          files: document.files.map((file) => file.name),
          documentType: document.documentType,
          hasToken,
        });
  const move = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length]!;
    setTab(next);
    tabs.current?.querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus();
  };
  return (
    <Panel title="Take it elsewhere" aside={<CopyButton text={text} what={tab} />}>
      <div class="tabs" role="tablist" aria-label="The request as" ref={tabs} onKeyDown={move}>
        {TABS.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            data-tab={name}
            id={`tab-${name}`}
            aria-selected={name === tab}
            aria-controls="snippet"
            tabIndex={name === tab ? 0 : -1}
            onClick={() => setTab(name)}
          >
            {name}
          </button>
        ))}
      </div>
      <pre id="snippet" class="snippet" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {text}
      </pre>
      {hasToken && tab !== "Answer" && (
        <p class="fine">
          Set <code>DOSSIER_TOKEN</code> yourself: no token is written into what you copy.
        </p>
      )}
    </Panel>
  );
}
