// What made an answer, how long each step took, and what else the document might have been.
import type { JSX } from "preact";
import type { Answer } from "../host/documents";
import { Bar, DigestText, Panel, duration, percent, words } from "../ui/parts";

/** The stages in their order; `total` is none of them. */
const STAGES = ["pages", "identify", "before", "barcodes", "preprocess", "queue", "encode", "decode", "second_look", "after"];

const MEANINGS: Record<string, string> = {
  pages: "decoding, finding and flattening pages",
  identify: "finding out the type",
  before: "asking the rules what to read",
  barcodes: "looking for barcodes",
  preprocess: "preparing pages for the model",
  queue: "waiting for the model",
  encode: "looking at the pages",
  decode: "writing the fields",
  second_look: "reading the zone again, cut out of its page",
  after: "normalising and checking",
};

export function Timings({ answer }: { answer: Answer }): JSX.Element {
  const total = answer.timings_ms.total ?? 0;
  const stages = STAGES.flatMap((stage) => {
    const time = answer.timings_ms[stage];
    return time === undefined ? [] : [{ stage, time }];
  });
  const told = stages.reduce((sum, { time }) => sum + time, 0);
  const whole = Math.max(total, told, 0.001);
  return (
    <Panel title="Time" aside={<span class="number">{duration(total)}</span>}>
      <div class="stages" aria-hidden="true">
        {stages.map(({ stage, time }) => (
          <span key={stage} class={`stage-part stage-${stage}`} style={{ width: `${(time / whole) * 100}%` }} />
        ))}
      </div>
      <ul class="legend">
        {stages.map(({ stage, time }) => (
          <li key={stage} title={MEANINGS[stage] ?? stage}>
            <span class={`swatch stage-${stage}`} aria-hidden="true" />
            <span>{stage}</span>
            <span class="number">{duration(time)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function Candidates({ answer }: { answer: Answer }): JSX.Element | null {
  if (answer.candidates.length === 0) return null;
  return (
    <Panel title="Type" aside={<span class="fine">by how the first page looks</span>}>
      <ul class="candidates">
        {answer.candidates.map(({ document_type: name, confidence }) => (
          <li key={name} class={name === answer.document_type ? "candidate-taken" : ""}>
            <code>{name}</code>
            <Bar part={confidence} tone={name === answer.document_type ? "accent" : "dim"} />
            <span class="number">{percent(confidence)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function ServedBy({ answer }: { answer: Answer }): JSX.Element {
  const { base, adapter, calibration, zone_reader, rules, generation } = answer.served_by;
  // Most documents are read once.
  const again = zone_reader ? { zone_reader } : {};
  return (
    <Panel title="Served by" aside={<span class="fine">generation {generation}</span>}>
      <dl class="facts">
        {Object.entries({ base, adapter, calibration, ...again, rules }).map(([name, digest]) => (
          <div key={name}>
            <dt>{words(name)}</dt>
            <dd>
              <DigestText value={digest} />
            </dd>
          </div>
        ))}
        <div>
          <dt>request</dt>
          <dd>
            <code>{answer.request_id}</code>
          </dd>
        </div>
      </dl>
    </Panel>
  );
}
