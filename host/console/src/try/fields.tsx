// The fields as rows, each linked with its place on the page.
import type { JSX } from "preact";
import type { Check, Field } from "../host/documents";
import { Confidence, OutcomeMark, Panel, words } from "../ui/parts";

interface FieldsProps {
  fields: readonly Field[];
  checks: readonly Check[];
  active: string | null;
  onActive: (field: string | null) => void;
  onPick: (field: string) => void;
}

export const rowId = (field: string): string => `field-${field}`;

export function Fields(props: FieldsProps): JSX.Element {
  const read = props.fields.filter((field) => field.raw !== null).length;
  return (
    <Panel title="Fields" class="fields" aside={<span class="fine">{read} read, {props.fields.length - read} derived</span>}>
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Value</th>
            <th scope="col">Confidence</th>
          </tr>
        </thead>
        <tbody>
          {props.fields.map((field) => (
            <Row key={`${field.name} ${field.source}`} field={field} {...props} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Row({ field, checks, active, onActive, onPick }: FieldsProps & { field: Field }): JSX.Element {
  const { name, raw, value, source, other_reading: other } = field;
  const hasFailed = checks.some((check) => check.outcome === "failed" && check.fields.includes(name));
  const isActive = name === active;
  return (
    <tr
      id={rowId(name)}
      class={`field ${isActive ? "field-active" : ""}`}
      onMouseEnter={() => onActive(name)}
      onMouseLeave={() => onActive(null)}
    >
      <th scope="row">
        <button type="button" class="field-name" aria-pressed={isActive} onFocus={() => onActive(name)} onBlur={() => onActive(null)} onClick={() => onPick(name)}>
          {words(name)}
        </button>
        {raw === null && source !== "visual" && <span class="fine"> from {words(source)}</span>}
        {hasFailed && <OutcomeMark outcome="failed" />}
      </th>
      <td>
        {value === null ? <span class="muted">no value</span> : <span class="value">{value}</span>}
        {raw !== null && raw !== value && (
          <span class="raw">
            <span class="fine">read as </span>
            {raw === "" ? <span class="fine">nothing</span> : raw}
          </span>
        )}
        {other && other.differs_at.length > 0 && (
          <span class="raw">
            <span class="fine">{other.read_from === "strip" ? "read again, less surely, as " : "read first, less surely, as "}</span>
            {other.raw === "" ? <span class="fine">nothing</span> : other.raw}
          </span>
        )}
      </td>
      <td>
        <Confidence value={field.confidence} />
      </td>
    </tr>
  );
}
