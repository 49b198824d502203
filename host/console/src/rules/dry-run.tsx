// A package is tried before it is published: what its rules make of its fixtures, beside what those expect.
import type { JSX } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import type { Refusal } from "../host/client";
import { type DryRun, type Version, dryRun, publish } from "../host/packages";
import { token, useCell } from "../session";
import { Icon } from "../ui/icons";
import { DigestText, Panel, RefusalNote, Tag, bytes } from "../ui/parts";
import { refusalOf } from "../ui/poll";
import { FixtureReports } from "./fixture-reports";

/** An archive in memory: what is tried is what is published, whatever becomes of the file meanwhile. */
interface Archive {
  name: string;
  content: Blob;
}

type Work = "nothing" | "reading" | "trying" | "publishing";

export function TryPackage({ onPublished }: { onPublished: () => void }): JSX.Element {
  const chooser = useRef<HTMLInputElement>(null);
  const hasToken = useCell(token) !== null;
  const [archive, setArchive] = useState<Archive | null>(null);
  const [run, setRun] = useState<DryRun | null>(null);
  const [published, setPublished] = useState<Version | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [work, setWork] = useState<Work>("nothing");
  const why = useId();

  const doing = async (what: Work, done: () => Promise<void>): Promise<void> => {
    setWork(what);
    setRefusal(null);
    setPublished(null);
    try {
      await done();
    } catch (error) {
      setRefusal(refusalOf(error));
    }
    setWork("nothing");
  };
  const choose = (file: File | undefined): void => {
    if (file === undefined) return;
    setRun(null);
    setArchive(null);
    void doing("reading", async () => setArchive({ name: file.name, content: new Blob([await file.arrayBuffer()]) }));
  };
  const tryIt = (of: Archive): void => {
    setRun(null);
    void doing("trying", async () => setRun(await dryRun(of.content)));
  };
  const publishIt = (of: Archive): void =>
    void doing("publishing", async () => {
      setPublished(await publish(of.content));
      onPublished();
    });
  const isBusy = work !== "nothing";

  return (
    <Panel title="Try a package before it is published" aside={archive !== null && <span class="fine">{`${archive.name}, ${bytes(archive.content.size)}`}</span>}>
      <div class="stack">
        <p id={why} class="fine">
          The host proves the archive as it would to publish it: signature, compilation, fixtures. It keeps nothing of it, and shows what
          the rules make of each fixture.
        </p>
        <div class="row">
          <button type="button" class="button" disabled={isBusy} aria-describedby={why} onClick={() => chooser.current?.click()}>
            <Icon name="file" /> Choose an archive
          </button>
          <input
            ref={chooser}
            type="file"
            accept=".tar,application/x-tar"
            hidden
            aria-label="Archive of a package to try"
            data-testid="archive-to-try"
            onChange={(event) => {
              choose(event.currentTarget.files?.[0]);
              event.currentTarget.value = "";
            }}
          />
          <button type="button" class="button button-main" disabled={!hasToken || isBusy || archive === null} onClick={() => archive && tryIt(archive)}>
            {work === "trying" ? "Trying it …" : "Try it"}
          </button>
        </div>
        {refusal !== null && <RefusalNote refusal={refusal} />}
        <Summary run={run} />
        {run !== null && run.fixtures.length > 0 && <FixtureReports fixtures={run.fixtures} />}
        {run !== null && archive !== null && (
          <div class="row row-end">
            {!run.passed && <span class="fine">The host publishes no package of which a fixture fails.</span>}
            <button type="button" class="button button-main" disabled={isBusy || !run.passed || published !== null} onClick={() => publishIt(archive)}>
              <Icon name="upload" /> {work === "publishing" ? "Publishing it …" : "Publish it"}
            </button>
          </div>
        )}
        <div role="status">
          {published !== null && (
            <div class="note note-good">
              <strong>
                {published.name} {published.version} is staged
              </strong>
              <p>
                Nothing serves it before somebody activates it, or tries it as a canary or shadow, on the page <a href="#/fleet">Fleet</a>.
              </p>
            </div>
          )}
        </div>
      </div>
    </Panel>
  );
}

/** What came of it. The sentence is there before there is anything to say, so that it is read out once there is. */
function Summary({ run }: { run: DryRun | null }): JSX.Element {
  return (
    <div class="row">
      <p role="status" class="row">
        {run !== null && (
          <>
            <strong>
              {run.name} {run.version}
            </strong>
            <Tag tone={run.passed ? "good" : "bad"}>{outcomeOf(run)}</Tag>
          </>
        )}
      </p>
      {run !== null && (
        <span class="fine">
          package <DigestText value={run.package} /> · {run.signed_by === null ? "unsigned" : `signed by ${run.signed_by}`} · nothing is published
        </span>
      )}
    </div>
  );
}

function outcomeOf({ fixtures }: DryRun): string {
  const failed = fixtures.filter(({ passed }) => !passed).length;
  if (fixtures.length === 0) return "passes, and has no fixtures";
  return failed === 0 ? `all ${fixtures.length} fixtures pass` : `${failed} of ${fixtures.length} fixtures fail`;
}
