// What was checked: passed, failed or not performed, each with its reason.
import type { JSX } from "preact";
import type { Check, Outcome } from "../host/documents";
import { OutcomeMark, Panel, words } from "../ui/parts";

interface ChecksProps {
  checks: readonly Check[];
  active: string | null;
  onActive: (field: string | null) => void;
  onPick: (field: string) => void;
}

const ORDER: readonly Outcome[] = ["failed", "not_performed", "passed"];
const NAMES: Record<Outcome, string> = { failed: "Failed", not_performed: "Not performed", passed: "Passed" };

/** Whether a check is of the picture, and none of the rules. */
export const isOfPicture = (check: Check): boolean => /^(image|page)\./.test(check.code);

export function Checks(props: ChecksProps): JSX.Element {
  const ofRules = props.checks.filter((check) => !isOfPicture(check));
  const groups = ORDER.map((outcome) => ({ outcome, checks: ofRules.filter((check) => check.outcome === outcome) }));
  return (
    <Panel title="Checks" class="checks">
      {ofRules.length === 0 && <p class="muted">The rules of this document type check nothing.</p>}
      {groups
        .filter(({ checks }) => checks.length > 0)
        .map(({ outcome, checks }) => (
          <details key={outcome} open={outcome !== "passed"} class={`group group-${outcome}`}>
            <summary>
              <OutcomeMark outcome={outcome} />
              <span>
                {NAMES[outcome]} <span class="count">{checks.length}</span>
              </span>
            </summary>
            <List {...props} checks={checks} />
          </details>
        ))}
    </Panel>
  );
}

/** The checks of the picture: whether it is worth another. */
export function PictureChecks(props: ChecksProps): JSX.Element | null {
  const checks = props.checks.filter(isOfPicture);
  if (checks.length === 0) return null;
  const sorted = [...checks].sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));
  return (
    <Panel title="Picture" class="checks">
      <List {...props} checks={sorted} />
    </Panel>
  );
}

function List({ checks, active, onActive, onPick }: ChecksProps): JSX.Element {
  return (
    <ul class="check-list">
      {checks.map((check, index) => (
        <li key={`${check.code} ${index}`} class={`check check-${check.outcome}`}>
          <OutcomeMark outcome={check.outcome} />
          <div>
            <p class="check-message">{check.message}</p>
            <p class="fine">
              <code>{check.code}</code>
              {check.fields.map((field) => (
                <button
                  key={field}
                  type="button"
                  class={`chip ${field === active ? "chip-active" : ""}`}
                  onMouseEnter={() => onActive(field)}
                  onMouseLeave={() => onActive(null)}
                  onFocus={() => onActive(field)}
                  onBlur={() => onActive(null)}
                  onClick={() => onPick(field)}
                >
                  {words(field)}
                </button>
              ))}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
