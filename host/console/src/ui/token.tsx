// Where a token is typed. It stays in this page's memory: a reload asks for it again.
import type { JSX } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { token, useCell } from "../session";

/** Characters of a token at most: more do not fit into the head of a request. */
const MOST_CHARACTERS = 16_384;

export function TokenDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const has = useCell(token) !== null;
  const [title, field, why] = [useId(), useId(), useId()];
  // Before the browser comes to the next key, which may be the dialog's.
  useLayoutEffect(() => dialog.current?.showModal(), []);

  const set = (event: Event): void => {
    event.preventDefault();
    const trimmed = text.trim();
    // What else stands in a header would be refused by the browser, with a sentence that quotes it.
    if (!/^[\x21-\x7e]+$/.test(trimmed)) {
      setProblem("A token is one word of visible ASCII characters.");
      return;
    }
    token.set(trimmed);
    dialog.current?.close();
  };
  const forget = (): void => {
    token.set(null);
    dialog.current?.close();
  };

  return (
    <dialog ref={dialog} aria-labelledby={title} onClose={onClose} class="dialog">
      <h2 id={title}>Token</h2>
      <form onSubmit={set} autocomplete="off">
        <label for={field}>Bearer token</label>
        <input
          id={field}
          type="password"
          autocomplete="off"
          spellcheck={false}
          maxLength={MOST_CHARACTERS}
          value={text}
          aria-describedby={why}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <p id={why} class="fine">
          Sent to this host with every request. It is kept in memory only and is gone when the page is closed or loaded again.
        </p>
        {problem !== null && (
          <p class="note note-bad" role="alert">
            {problem}
          </p>
        )}
        <div class="row row-end">
          {has && (
            <button type="button" class="button button-danger" onClick={forget}>
              Forget the token
            </button>
          )}
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
          <button type="submit" class="button button-main">
            Use it
          </button>
        </div>
      </form>
    </dialog>
  );
}
