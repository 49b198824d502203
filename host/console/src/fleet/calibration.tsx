// What the confidences of an adapter become, a curve a field.
import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { type OneDocumentType, oneDocumentType } from "../host/documents";
import { type Scaling, curveOf, scaled } from "../host/scaling";
import { percent, words } from "../ui/parts";
import { usePolled } from "../ui/poll";

const EVERY_MS = 60_000;
/** What the model says itself, for which the words beside the curves give an example. */
const EXAMPLE = 0.9;

export function Calibration({ name }: { name: string }): JSX.Element | null {
  const type = usePolled<OneDocumentType>(() => oneDocumentType(name), EVERY_MS);
  const scalings = type.value?.scalings ?? [];
  return type.value === null ? null : scalings.length === 0 ? <p class="muted">Nothing calibrates its confidences: they are the model’s own.</p> : <Plot scalings={scalings} />;
}

function Plot({ scalings }: { scalings: readonly Scaling[] }): JSX.Element {
  const [chosen, setChosen] = useState(scalings[0]!.field);
  const id = useId();
  const one = scalings.find(({ field }) => field === chosen) ?? scalings[0]!;
  const becomes = percent(scaled(one, EXAMPLE));
  return (
    <div class="calibration">
      <svg class="calibration-plot" viewBox="-2 -2 104 104" role="img" aria-label={`Calibrated over the model’s own confidence of ${scalings.length} fields; of ${words(one.field)}, ${percent(EXAMPLE)} becomes ${becomes}`}>
        <path class="calibration-frame" d="M0 0V100H100" />
        <path class="calibration-same" d="M0 100L100 0" />
        {scalings.map((scaling) => (
          <path key={scaling.field} class={`calibration-curve${scaling.field === one.field ? " calibration-chosen" : ""}`} d={curveOf(scaling)} />
        ))}
      </svg>
      <div>
        <label for={id}>Field</label>
        <select id={id} value={one.field} onChange={(event) => setChosen(event.currentTarget.value)}>
          {scalings.map(({ field }) => (
            <option key={field} value={field}>
              {words(field)}
            </option>
          ))}
        </select>
        <p class="fine">
          Across: what the model says, 0 to 1. Upwards: what an answer says. Where the model says {percent(EXAMPLE)}, an answer says <span class="number">{becomes}</span>. On the dashed line nothing would change.
        </p>
      </div>
    </div>
  );
}
