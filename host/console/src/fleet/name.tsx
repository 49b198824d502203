// One name: its versions, what is on trial, what was done, and doing something.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Refusal } from "../host/client";
import { type Applied, type Event, type Status, type Version, activate, canary, history, promote, rollBack, shadow } from "../host/packages";
import { Confirm, DigestText, Panel, RefusalNote, Tag, short } from "../ui/parts";
import { refusalOf, usePolled } from "../ui/poll";
import { State, VersionText } from "./packages";

interface Asked {
  title: string;
  words: string;
  action: string;
  isDanger?: boolean;
  /** Whether a percentage is asked for, too. */
  wantsPercent?: boolean;
  act: (percent: number) => Promise<Applied>;
}

const HISTORY_EVERY_MS = 10_000;
const FIRST_PERCENT = 10;

export function Name({ status, onChanged, onClose }: { status: Status; onChanged: () => void; onClose: () => void }): JSX.Element {
  const { name } = status;
  const [asked, setAsked] = useState<Asked | null>(null);
  const [percent, setPercent] = useState(FIRST_PERCENT);
  const [told, setTold] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [isBusy, setBusy] = useState(false);
  const events = usePolled<{ events: Event[] }>(() => history(name), HISTORY_EVERY_MS);
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => panel.current?.scrollIntoView({ block: "nearest" }), []);

  const answer = async (yes: boolean): Promise<void> => {
    const todo = asked;
    setAsked(null);
    if (!yes || todo === null) return;
    setBusy(true);
    setRefusal(null);
    setTold(null);
    try {
      const applied = await todo.act(percent);
      setTold(`Done: generation ${applied.generation} serves.`);
      onChanged();
      events.again();
    } catch (error) {
      setRefusal(refusalOf(error));
    }
    setBusy(false);
  };
  const isOnTrial = status.canary !== null || status.shadow !== null;

  return (
    <div ref={panel} class="detail">
      <Panel
        title={name}
        aside={
          <span class="row">
            <State status={status} />
            <button type="button" class="button-quiet" onClick={onClose}>
              Close
            </button>
          </span>
        }
      >
        {status.quarantine !== null && (
          <p class="note note-bad">
            <code>{status.quarantine.code}</code> {status.quarantine.detail} {status.quarantine.earlier_serves ? "An earlier version serves." : "Nothing serves in its place."}
          </p>
        )}
        {status.reason !== null && (
          <p class="note note-bad">
            {short(status.reason.package)} was refused: <code>{status.reason.code}</code> {status.reason.detail}
          </p>
        )}
        {status.canary !== null && <Trial title={`Canary: ${status.canary.percent} % of requests`} counts={[["its calls", status.canary.calls], ["failed", status.canary.failures], ["calls of the active version", status.canary.active_calls], ["failed", status.canary.active_failures]]} />}
        {status.shadow !== null && (
          <Trial
            title="Shadow: reads beside, answers nobody"
            counts={[
              ["compared", status.shadow.compared],
              ["the same", status.shadow.same],
              ["other verdicts", status.shadow.different_verdicts],
              ["other checks", status.shadow.different_checks],
              ...Object.entries(status.shadow.different_fields).map(([field, count]): [string, number] => [`other ${field}`, count]),
              ["failed", status.shadow.failed],
              ["skipped", status.shadow.skipped],
            ]}
          />
        )}
        <div class="row detail-acts">
          {isOnTrial && (
            <button
              type="button"
              class="button button-main"
              disabled={isBusy}
              onClick={() => setAsked({ title: `Promote ${name}?`, words: "What is on trial serves every request of this name from the next one on.", action: "Promote", act: () => promote(name) })}
            >
              Promote
            </button>
          )}
          <button
            type="button"
            class="button button-danger"
            disabled={isBusy}
            onClick={() =>
              setAsked({
                title: `Roll ${name} back?`,
                words: isOnTrial ? "What is on trial ends; the active version goes on." : "The version before, or the settings before, serve again from the next request on.",
                action: "Roll back",
                isDanger: true,
                act: () => rollBack(name),
              })
            }
          >
            Roll back
          </button>
        </div>
        {refusal !== null && <RefusalNote refusal={refusal} />}
        <p role="status" class={told === null ? "" : "note note-good"}>
          {told}
        </p>
        <h3 class="detail-head">Versions</h3>
        <ul class="versions">
          {[...status.versions].reverse().map((version) => (
            <VersionRow key={version.package} version={version} status={status} isBusy={isBusy} onAsk={setAsked} />
          ))}
        </ul>
        {status.has_older_versions && <p class="fine">Older ones are not listed.</p>}
        <h3 class="detail-head">What was done</h3>
        <ul class="events">
          {(events.value?.events ?? []).map((event) => (
            <li key={event.sequence}>
              <time datetime={event.at}>{event.at.slice(0, 16).replace("T", " ")}</time>
              <span>
                <b>{event.action.replaceAll("_", " ")}</b> {event.package !== null && <code>{short(event.package)}</code>} by {event.actor}
                {event.code !== null && (
                  <>
                    {" "}
                    · <code>{event.code}</code> {event.detail}
                  </>
                )}
              </span>
              <span class="fine">generation {event.generation}</span>
            </li>
          ))}
        </ul>
      </Panel>
      {asked !== null && (
        <Confirm title={asked.title} action={asked.action} danger={asked.isDanger ?? false} isWrong={asked.wantsPercent === true && !isPercent(percent)} onAnswer={(yes) => void answer(yes)}>
          <p>{asked.words}</p>
          {asked.wantsPercent && <Percent value={percent} onChange={setPercent} />}
        </Confirm>
      )}
    </div>
  );
}

function VersionRow(props: { version: Version; status: Status; isBusy: boolean; onAsk: (asked: Asked) => void }): JSX.Element {
  const { version, status, isBusy, onAsk } = props;
  const { name } = status;
  const isActive = version.package === status.active;
  const isOnTrial = version.package === (status.canary?.package ?? status.shadow?.package);
  const what = `${name} ${version.version ?? short(version.package)}`;
  const button = (text: string, asked: Asked): ComponentChildren => (
    <button type="button" class="button" disabled={isBusy} aria-label={`${text} ${what}`} onClick={() => onAsk(asked)}>
      {text}
    </button>
  );
  return (
    <li>
      <div class="row">
        <VersionText version={version} digest={version.package} />
        {isActive && <Tag tone="good">serves</Tag>}
        {isOnTrial && <Tag tone="accent">on trial</Tag>}
      </div>
      <p class="fine">
        {version.published_at.slice(0, 16).replace("T", " ")} by {version.publisher}, {version.signed_by === null ? "unsigned" : "signed by"}{" "}
        {version.signed_by !== null && <code>{short(version.signed_by)}</code>} · artifact <DigestText value={version.artifact} />
      </p>
      {!isActive && !isOnTrial && (
        <div class="row">
          {button("Activate", { title: `Activate ${what}?`, words: "It serves every request of this name from the next one on.", action: "Activate", act: () => activate(name, version.package) })}
          {button("Canary", {
            title: `Try ${what} as a canary?`,
            words: "It answers a share of the requests, and ends by itself when it fails more often than the active version.",
            action: "Begin",
            wantsPercent: true,
            act: (percent) => canary(name, version.package, percent),
          })}
          {button("Shadow", { title: `Try ${what} as a shadow?`, words: "It reads every document beside the active version; differences are counted, and its answers dropped.", action: "Begin", act: () => shadow(name, version.package) })}
        </div>
      )}
    </li>
  );
}

const isPercent = (number: number): boolean => Number.isInteger(number) && number >= 1 && number <= 100;

function Percent({ value, onChange }: { value: number; onChange: (percent: number) => void }): JSX.Element {
  return (
    <label class="row">
      Percent of the requests
      <input type="number" min={1} max={100} step={1} value={value} onInput={(event) => onChange(event.currentTarget.valueAsNumber)} />
    </label>
  );
}

function Trial({ title, counts }: { title: string; counts: [string, number][] }): JSX.Element {
  return (
    <div class="note">
      <strong>{title}</strong>
      <dl class="counts">
        {counts.map(([name, count], index) => (
          <div key={`${name} ${index}`}>
            <dt class="fine">{name}</dt>
            <dd class="number">{count}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
