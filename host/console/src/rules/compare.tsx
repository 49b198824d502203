// The last document of this page, read again by what is named, and both reports side by side.
import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";
import type { Refusal } from "../host/client";
import type { Answer, Check, Conditions, Field } from "../host/documents";
import { useCell } from "../session";
import { DigestText, Note, OutcomeMark, Panel, RefusalNote, Scroll, Tag, short, words } from "../ui/parts";
import { refusalOf } from "../ui/poll";
import { compared, inHand, readAgain } from "../try/document";
import { type Pair, checkPairs, fieldPairs } from "./difference";

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function Compare(): JSX.Element {
  const document = useCell(inHand);
  const reports = useCell(compared);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const first = document?.state.kind === "read" ? document.state.answer : null;
  const all = first === null ? [] : [first, ...reports];
  const [before, after] = [all.at(-2) ?? null, all.at(-1) ?? null];

  const again = async (conditions: Conditions): Promise<void> => {
    setBusy(true);
    setRefusal(null);
    try {
      await readAgain(conditions);
    } catch (error) {
      setRefusal(refusalOf(error));
    }
    setBusy(false);
  };

  return (
    <>
      <div class="page-head">
        <h1>Rules</h1>
        {first !== null && <span class="fine">on the document in hand, {first.document_type}</span>}
      </div>
      <div class="stack">
        {first === null ? (
          <Note>
            <strong>There is no document in hand</strong>
            <p>
              <a href="#/try">Try a document</a> first. Then it can be read again by another version of its rules or adapter, and both
              reports are shown here side by side.
            </p>
          </Note>
        ) : (
          <Again isBusy={isBusy} onRead={(conditions) => void again(conditions)} />
        )}
        {refusal !== null && (
          <RefusalNote refusal={refusal}>
            {refusal.status === 412 && <p>Nothing was read: what you name serves nobody now, not even as a canary.</p>}
          </RefusalNote>
        )}
        {before !== null && after !== null && <SideBySide before={before} after={after} />}
        <Note>
          Settings, canaries and shadows are on the admin listener, whose console has them on this page, and runs a package's fixtures
          there before it is published; <code>dossier plugin test</code> runs them on your own machine.
        </Note>
      </div>
    </>
  );
}

function Again({ isBusy, onRead }: { isBusy: boolean; onRead: (conditions: Conditions) => void }): JSX.Element {
  const [rules, setRules] = useState("");
  const [adapter, setAdapter] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const send = (event: Event): void => {
    event.preventDefault();
    const [of, on] = [rules.trim(), adapter.trim()];
    if ([of, on].some((digest) => digest !== "" && !DIGEST.test(digest))) {
      setProblem("A digest is `sha256:` and 64 digits 0-9a-f, as `served_by` writes it.");
      return;
    }
    setProblem(null);
    onRead({ ...(of === "" ? {} : { rules: of }), ...(on === "" ? {} : { adapter: on }) });
  };
  return (
    <Panel title="Read it again">
      <form class="again" onSubmit={send}>
        <DigestField label="by the rules" value={rules} onChange={setRules} />
        <DigestField label="by the adapter" value={adapter} onChange={setAdapter} />
        <button type="submit" class="button button-main" disabled={isBusy}>
          {isBusy ? "Reading …" : "Read it again"}
        </button>
      </form>
      {problem !== null && (
        <p class="note note-bad" role="alert">
          {problem}
        </p>
      )}
      <p class="fine">
        Left empty, whatever serves now reads it: after an activation, say. While a canary or another version runs beside, its digest has
        it read by that one.
      </p>
    </Panel>
  );
}

function DigestField({ label, value, onChange }: { label: string; value: string; onChange: (text: string) => void }): JSX.Element {
  const id = useId();
  return (
    <div>
      <label for={id}>{label}</label>
      <input id={id} type="text" class="mono" placeholder="sha256:…" maxLength={80} spellcheck={false} autocomplete="off" value={value} onInput={(event) => onChange(event.currentTarget.value)} />
    </div>
  );
}

function SideBySide({ before, after }: { before: Answer; after: Answer }): JSX.Element {
  const [isAll, setAll] = useState(false);
  const [fields, checks] = [fieldPairs(before, after), checkPairs(before, after)];
  const differences = [...fields, ...checks].filter(({ isSame }) => !isSame).length;
  const shown = <T,>(pairs: Pair<T>[]): Pair<T>[] => (isAll ? pairs : pairs.filter(({ isSame }) => !isSame));
  return (
    <Panel
      title="Side by side"
      aside={
        <span class="row">
          <Tag tone={differences === 0 ? "good" : "warn"}>{differences === 0 ? "no difference" : `${differences} differences`}</Tag>
          <button type="button" class="button" aria-pressed={isAll} onClick={() => setAll(!isAll)}>
            {isAll ? "Differences only" : "Everything"}
          </button>
        </span>
      }
    >
      <Scroll label="Two reports side by side">
        <table class="rows side">
          <thead>
            <tr>
              <th scope="col">
                <span class="unseen">Field or check</span>
              </th>
              <Report answer={before} />
              <Report answer={after} />
            </tr>
          </thead>
          <tbody>
            <tr class={before.verdict === after.verdict ? "" : "side-other"}>
              <th scope="row">verdict</th>
              <td>{before.verdict}</td>
              <td>{after.verdict}</td>
            </tr>
            {shown(fields).map((pair) => (
              <tr key={pair.key} class={pair.isSame ? "" : "side-other"}>
                <th scope="row">{words((pair.before ?? pair.after)?.name ?? "")}</th>
                <FieldCell field={pair.before} />
                <FieldCell field={pair.after} />
              </tr>
            ))}
            {shown(checks).map((pair) => (
              <tr key={pair.key} class={pair.isSame ? "" : "side-other"}>
                <th scope="row">
                  <code>{(pair.before ?? pair.after)?.code}</code>
                </th>
                <CheckCell check={pair.before} />
                <CheckCell check={pair.after} />
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}

function Report({ answer }: { answer: Answer }): JSX.Element {
  const { rules, adapter, generation } = answer.served_by;
  return (
    <th scope="col">
      generation {generation} · rules <DigestText value={rules} />
      {adapter !== null && <> · adapter {short(adapter)}</>}
    </th>
  );
}

function FieldCell({ field }: { field: Field | null }): JSX.Element {
  if (field === null) return <td class="muted">not reported</td>;
  return <td>{field.value === null ? <span class="muted">no value</span> : <span class="value">{field.value}</span>}</td>;
}

function CheckCell({ check }: { check: Check | null }): JSX.Element {
  if (check === null) return <td class="muted">not reported</td>;
  return (
    <td>
      <span class="side-check">
        <OutcomeMark outcome={check.outcome} />
        <span>{check.message}</span>
      </span>
    </td>
  );
}
