import type { JSX } from "preact";
import { useId } from "preact/hooks";

/** A field that leaves only what has a text in its name. */
export function Filter({ value, onChange }: { value: string; onChange: (text: string) => void }): JSX.Element {
  const id = useId();
  return (
    <div class="row">
      <label for={id} class="unseen">
        Names with
      </label>
      <input id={id} type="search" placeholder="Names with …" maxLength={144} value={value} onInput={(event) => onChange(event.currentTarget.value)} />
    </div>
  );
}
