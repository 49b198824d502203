// What an operator sets of a document type's rules, packages before they are published, and how what is on trial
// compares with what serves.
import type { JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import type { Refusal } from "../host/client";
import { type InForce, type Listed, isDocumentType, list, setSettings, settings } from "../host/packages";
import { DigestText, Note, Panel, RefusalNote, Scroll, Tag } from "../ui/parts";
import { refusalOf, usePolled } from "../ui/poll";
import { TryPackage } from "./dry-run";

const LIST_EVERY_MS = 5000;
/** Bytes of settings at most, as the host takes them. */
const MOST_BYTES = 64 * 1024;

export function SettingsPage(): JSX.Element {
  const [chosen, setChosen] = useState("");
  const listed = usePolled<Listed>(() => list(), LIST_EVERY_MS);
  const all = listed.value?.packages ?? [];
  const types = all.filter(({ name }) => isDocumentType(name));
  const name = chosen || types[0]?.name || "";
  const id = useId();

  return (
    <>
      <div class="page-head">
        <h1>Rules</h1>
        {types.length > 0 && (
          <span class="row">
            <label for={id}>Document type</label>
            <select id={id} value={name} onChange={(event) => setChosen(event.currentTarget.value)}>
              {types.map((type) => (
                <option key={type.name} value={type.name}>
                  {type.name}
                </option>
              ))}
            </select>
          </span>
        )}
      </div>
      <div class="stack">
        {listed.refusal !== null && listed.refusal.status !== 401 && <RefusalNote refusal={listed.refusal} />}
        {name !== "" && <Editor key={name} name={name} onChanged={listed.again} />}
        <TryPackage onPublished={listed.again} />
        <Trials listed={listed.value} />
        <Note>
          What is published is tried on requests and activated on the page <a href="#/fleet">Fleet</a>. To run a component on values of your
          own, use <code>dossier plugin run</code>: this listener runs nothing that is not a package.
        </Note>
      </div>
    </>
  );
}

/** The settings in force, and others in their place. What was looked at is what is changed. */
function Editor({ name, onChanged }: { name: string; onChanged: () => void }): JSX.Element {
  const [inForce, setInForce] = useState<InForce | null>(null);
  const [text, setText] = useState("");
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [told, setTold] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [field, why] = [useId(), useId()];

  const took = (answer: InForce): void => {
    setInForce(answer);
    setText(answer.settings === null ? "{}" : JSON.stringify(answer.settings.values, null, 2));
    setProblem(null);
    setRefusal(null);
  };
  const work = async (question: () => Promise<InForce>, done: string): Promise<void> => {
    setBusy(true);
    setTold("");
    setProblem(null);
    setRefusal(null);
    try {
      took(await question());
      setTold(done);
      if (done !== "") onChanged();
    } catch (error) {
      setRefusal(refusalOf(error));
    }
    setBusy(false);
  };
  useEffect(() => void work(() => settings(name), ""), [name]);

  const save = (event: Event): void => {
    event.preventDefault();
    if (inForce === null) return;
    let values: unknown;
    try {
      values = JSON.parse(text);
    } catch (error) {
      setProblem(`This is no JSON: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    if (values === null || typeof values !== "object" || Array.isArray(values)) {
      setProblem("Settings are an object, such as {\"days_after_expiry\": 90}.");
      return;
    }
    void work(() => setSettings(name, inForce.generation, values), "They are in force from the next request on.");
  };

  return (
    <Panel
      title={`Settings of ${name}`}
      aside={
        inForce !== null && (
          <span class="row">
            {inForce.settings === null ? (
              <Tag tone="plain">the rules' own defaults</Tag>
            ) : (
              <>
                <Tag tone={inForce.settings.origin === "operator" ? "accent" : "plain"}>set by the {inForce.settings.origin}</Tag>
                <DigestText value={inForce.settings.digest} />
              </>
            )}
            <span class="fine">generation {inForce.generation}</span>
          </span>
        )
      }
    >
      <form class="stack" onSubmit={save}>
        <label for={field} class="unseen">
          Settings, as JSON
        </label>
        <textarea id={field} rows={8} spellcheck={false} maxLength={MOST_BYTES} aria-describedby={why} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <p id={why} class="fine">
          All of them, as one object. The rules judge them before anything serves. If the document type was changed since you looked, nothing
          is set.
        </p>
        {problem !== null && (
          <p class="note note-bad" role="alert">
            {problem}
          </p>
        )}
        {refusal !== null && <RefusalNote refusal={refusal} />}
        <p role="status" class={told === "" ? "" : "note note-good"}>
          {told}
        </p>
        <div class="row row-end">
          <button type="button" class="button" disabled={isBusy} onClick={() => void work(() => settings(name), "")}>
            Look again
          </button>
          <button
            type="button"
            class="button"
            disabled={isBusy || inForce?.settings?.origin !== "operator"}
            onClick={() => inForce && void work(() => setSettings(name, inForce.generation, null), "Those of the package are in force again.")}
          >
            Those of the package
          </button>
          <button type="submit" class="button button-main" disabled={isBusy || inForce === null}>
            Set them
          </button>
        </div>
      </form>
    </Panel>
  );
}

/** Every canary and shadow, beside what serves. */
function Trials({ listed }: { listed: Listed | null }): JSX.Element | null {
  const trials = (listed?.packages ?? []).filter(({ canary, shadow }) => canary !== null || shadow !== null);
  if (listed === null) return null;
  const share = (part: number, of: number): string => (of === 0 ? "–" : `${((part / of) * 100).toFixed(1)} %`);
  return (
    <Panel title="On trial" aside={<span class="fine">beside what serves</span>}>
      {trials.length === 0 ? (
        <p class="muted">Nothing is on trial.</p>
      ) : (
        <Scroll label="What is on trial">
          <table class="rows">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">How</th>
                <th scope="col">What serves</th>
                <th scope="col">What is on trial</th>
              </tr>
            </thead>
            <tbody>
              {trials.map(({ name, canary, shadow }) => (
                <tr key={name}>
                  <th scope="row">
                    <a href="#/fleet">{name}</a>
                  </th>
                  <td>{canary !== null ? `canary, ${canary.percent} %` : "shadow"}</td>
                  <td class="number">{canary !== null ? `${share(canary.active_failures, canary.active_calls)} of ${canary.active_calls} failed` : `${shadow?.compared ?? 0} documents`}</td>
                  <td class="number">
                    {canary !== null
                      ? `${share(canary.failures, canary.calls)} of ${canary.calls} failed`
                      : `${share(shadow?.same ?? 0, shadow?.compared ?? 0)} the same, ${shadow?.different_verdicts ?? 0} other verdicts`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Panel>
  );
}
