// Every name and how it stands, for whoever publishes.
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Refusal } from "../host/client";
import { type Listed, type Status, type Version, isDocumentType, list, publish } from "../host/packages";
import { token, useCell } from "../session";
import { Icon } from "../ui/icons";
import { Note, Panel, RefusalNote, Scroll, Tag, percent, short } from "../ui/parts";
import { refusalOf, usePolled } from "../ui/poll";
import { Filter } from "./filter";
import { type InUse, inUse } from "./in-use";
import { Name } from "./name";

const EVERY_MS = 5000;

export function Packages(): JSX.Element {
  const [wanted, setWanted] = useState("");
  const [opened, setOpened] = useState<string | null>(null);
  const hasToken = useCell(token) !== null;
  const listed = usePolled<Listed>(() => list(), EVERY_MS);
  const use = usePolled(inUse, EVERY_MS);
  const all = listed.value?.packages ?? [];
  const shown = all.filter(({ name }) => name.includes(wanted.toLowerCase()));
  const one = all.find(({ name }) => name === opened) ?? null;
  const generation = Math.max(0, ...all.map((status) => status.generation));

  return (
    <>
      <div class="page-head">
        <h1>Fleet</h1>
        {listed.value !== null && (
          <span class="fine">
            {all.length} names · generation {generation}
          </span>
        )}
        <span class="push" />
        <Filter value={wanted} onChange={setWanted} />
        <Publish
          isAble={hasToken}
          onPublished={(version) => {
            listed.again();
            setOpened(version.name);
          }}
        />
      </div>
      {listed.refusal !== null && listed.refusal.status !== 401 && <RefusalNote refusal={listed.refusal} />}
      {!hasToken && listed.value === null && <Note>What stands here, and what may be changed, goes by the token of a publisher.</Note>}
      {listed.value !== null && (
        <div class={one === null ? "" : "master"}>
          <Panel title="Packages" aside={<span class="fine">{shown.length === all.length ? "all" : `${shown.length} of ${all.length}`}</span>}>
            <Scroll label="How each name stands">
              <table class="rows rows-hover">
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">State</th>
                    <th scope="col">Serves</th>
                    <th scope="col">On trial</th>
                    <th scope="col" class="right">
                      Exact fields
                    </th>
                    {use.value != null && (
                      <th scope="col" class="right">
                        Documents
                      </th>
                    )}
                    {use.value != null && <th scope="col">Memory</th>}
                  </tr>
                </thead>
                <tbody>
                  {shown.map((status) => (
                    <Row
                      key={status.name}
                      status={status}
                      use={use.value ?? null}
                      isOpened={status.name === opened}
                      onOpen={() => setOpened(status.name === opened ? null : status.name)}
                    />
                  ))}
                </tbody>
              </table>
            </Scroll>
            {listed.value.next !== null && <p class="fine">There are more names than are listed at once.</p>}
          </Panel>
          {one !== null && <Name key={one.name} status={one} onChanged={listed.again} onClose={() => setOpened(null)} />}
        </div>
      )}
    </>
  );
}

interface RowProps {
  status: Status;
  use: InUse | null;
  isOpened: boolean;
  onOpen: () => void;
}

function Row({ status, use, isOpened, onOpen }: RowProps): JSX.Element {
  const { name, active, canary, shadow } = status;
  return (
    <tr class={isOpened ? "row-active" : ""}>
      <th scope="row">
        <button type="button" class="row-name" aria-expanded={isOpened} onClick={onOpen}>
          {name}
        </button>
      </th>
      <td>
        <State status={status} />
      </td>
      <td>{active === null ? <span class="muted">nothing</span> : <VersionText version={status.versions.find((version) => version.package === active)} digest={active} />}</td>
      <td>
        {canary !== null && (
          <Tag tone="accent">
            canary {canary.percent} %: {canary.failures} of {canary.calls} failed
          </Tag>
        )}
        {shadow !== null && (
          <Tag tone="accent">
            shadow: {shadow.same} of {shadow.compared} the same
          </Tag>
        )}
        {canary === null && shadow === null && <span class="muted">–</span>}
      </td>
      <td class="right number">{status.measured ? percent(status.measured.fields_exact) : <span class="muted">–</span>}</td>
      {use !== null && <td class="right number">{isDocumentType(name) && (use.documents.get(name) ?? 0)}</td>}
      {use !== null && <td>{isDocumentType(name) && (use.loaded.has(name) ? <Tag tone="good">loaded</Tag> : <span class="muted">not loaded</span>)}</td>}
    </tr>
  );
}

/** How a name stands, in a word. */
export function State({ status }: { status: Status }): JSX.Element {
  if (status.quarantine !== null) {
    return <Tag tone={status.quarantine.earlier_serves ? "warn" : "bad"}>quarantined</Tag>;
  }
  const tone = status.state === "active" ? "good" : status.state === "refused" ? "bad" : "plain";
  return <Tag tone={tone}>{status.state.replaceAll("_", " ")}</Tag>;
}

/** A version, by its number where it has one. */
export function VersionText({ version, digest }: { version: Version | undefined; digest: string }): JSX.Element {
  return (
    <span class="number">
      {version?.version != null && <b>{version.version} </b>}
      <code title={digest}>{short(digest)}</code>
    </span>
  );
}

function Publish({ isAble, onPublished }: { isAble: boolean; onPublished: (version: Version) => void }): JSX.Element {
  const chooser = useRef<HTMLInputElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [published, setPublished] = useState<Version | null>(null);
  const send = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setBusy(true);
    setRefusal(null);
    setPublished(null);
    try {
      const version = await publish(file);
      setPublished(version);
      onPublished(version);
    } catch (error) {
      setRefusal(refusalOf(error));
    }
    setBusy(false);
  };
  return (
    <>
      <button type="button" class="button button-main" disabled={!isAble || isBusy} onClick={() => chooser.current?.click()}>
        <Icon name="upload" /> {isBusy ? "Proving it …" : "Publish a package"}
      </button>
      <input
        ref={chooser}
        type="file"
        accept=".tar,application/x-tar"
        hidden
        aria-label="Archive of a package"
        data-testid="archive"
        onChange={(event) => {
          void send(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
      <div class="whole-row" role="status">
        {published !== null && (
          <div class="note note-good">
            <strong>
              {published.name} {published.version} is staged
            </strong>
            <p>It has passed its fixtures. Nothing serves it before somebody activates it, or tries it as a canary or shadow.</p>
          </div>
        )}
      </div>
      {refusal !== null && (
        <div class="whole-row">
          <RefusalNote refusal={refusal} />
        </div>
      )}
    </>
  );
}
