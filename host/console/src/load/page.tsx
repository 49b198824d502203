// Load: how full the host is, how long it takes, and what is in its memory.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Metrics, classes } from "../host/metrics";
import { scrape } from "../host/scrape";
import { Cell, listener, useCell } from "../session";
import { Lines, Sizes } from "../ui/charts";
import { Bar, Note, Panel, RefusalNote, Tag, bytes, duration } from "../ui/parts";
import { usePolled } from "../ui/poll";
import { Adapters, Refusals, Rules } from "./tables";
import { EVERY_MS, MOST_POINTS, NOTHING, type Point, WINDOW_SECONDS, type Watch, added, ends } from "./watch";

/** Kept while the page is open, so that one can look at something else in between. */
const watched = new Cell<Watch>(NOTHING);

export function LoadPage(): JSX.Element {
  const { value, refusal } = usePolled<Metrics>(scrape, EVERY_MS);
  useEffect(() => {
    if (value !== null) watched.set(added(watched.get(), value));
  }, [value]);
  const watch = useCell(watched);
  const there = ends(watch);

  return (
    <>
      <div class="page-head">
        <h1>Load</h1>
        {there !== null && refusal === null && <Ready metrics={there.now} />}
        <span class="push fine">every {EVERY_MS / 1000} s · rates and times of the last {WINDOW_SECONDS} s</span>
      </div>
      {refusal !== null && (refusal.status === 404 ? <NoMetrics /> : refusal.status !== 401 && <RefusalNote refusal={refusal} />)}
      {there !== null && (
        <div class="stack">
          <Tiles metrics={there.now} points={watch.points} />
          <div class="halves">
            <Latency points={watch.points} />
            <Stages now={there.now} before={there.before} />
            <Batches now={there.now} before={there.before} />
            <Jobs metrics={there.now} />
          </div>
          <Adapters metrics={there.now} />
          <div class="halves">
            <Refusals watch={watch} />
            <Rules watch={watch} />
          </div>
        </div>
      )}
    </>
  );
}

function Ready({ metrics }: { metrics: Metrics }): JSX.Element {
  const isReady = metrics.one("dossier_ready") === 1;
  const version = metrics.all("dossier_build_info")[0]?.labels.version;
  return (
    <>
      <Tag tone={isReady ? "good" : "bad"}>{isReady ? "takes requests" : "not ready"}</Tag>
      <span class="fine">
        version {version ?? "unknown"} · generation {metrics.one("dossier_generation") ?? "unknown"}
      </span>
    </>
  );
}

function NoMetrics(): JSX.Element {
  return (
    <Note>
      <strong>This listener has no metrics</strong>
      <p>
        They are on the admin listener, whose console shows this page. To have them here too, set <code>metrics_on_listen = true</code>
        {listener === "documents" && " in the host's configuration"}.
      </p>
    </Note>
  );
}

interface TileProps {
  title: string;
  value: string;
  of?: string;
  part?: number | null;
  values?: readonly (number | null)[];
  top?: number;
}

function Tile({ title, value, of, part, values, top }: TileProps): JSX.Element {
  const tone = part != null && part >= 0.9 ? "bad" : part != null && part >= 0.7 ? "warn" : "accent";
  return (
    <section class="tile" aria-label={title}>
      <h2>{title}</h2>
      <p>
        <span class="tile-value number">{value}</span> {of !== undefined && <span class="fine">{of}</span>}
      </p>
      {part != null && <Bar part={part} tone={tone} />}
      {values !== undefined && (
        <Lines lines={[{ values, tone: "accent" }]} room={MOST_POINTS} label={`${title} over the last minutes, now ${value}`} {...(top === undefined ? {} : { top })} />
      )}
    </section>
  );
}

function Tiles({ metrics, points }: { metrics: Metrics; points: readonly Point[] }): JSX.Element {
  const last = points.at(-1);
  const full = (name: string): Pick<TileProps, "value" | "of" | "part"> => {
    const [value, limit] = [metrics.one(name), metrics.one(`${name}_limit`)];
    if (value === null || limit === null) return { value: "–" };
    return { value: String(value), of: `of ${limit}`, part: limit > 0 ? value / limit : 0 };
  };
  const rate = (value: number | null | undefined): string => (value == null ? "–" : value.toFixed(value < 10 ? 1 : 0));
  const held = metrics.one("dossier_bodies_bytes");
  const mostHeld = metrics.one("dossier_bodies_limit_bytes");
  return (
    <div class="tiles">
      <Tile title="In work" {...full("dossier_documents_in_work")} values={points.map((point) => point.inWork)} />
      <Tile title="Queue" {...full("dossier_documents_queued")} values={points.map((point) => point.queued)} />
      <Tile title="Being read" {...full("dossier_documents_reading")} values={points.map((point) => point.rows)} />
      <Tile title="Documents" value={rate(last?.documentsPerSecond)} of="a second" values={points.map((point) => point.documentsPerSecond)} />
      <Tile title="Refused" value={rate(last?.refusedPerSecond)} of="a second" values={points.map((point) => point.refusedPerSecond)} />
      <Tile
        title="Bodies"
        value={held === null ? "–" : bytes(held)}
        {...(mostHeld === null ? {} : { of: `of ${bytes(mostHeld)}`, part: (held ?? 0) / mostHeld })}
      />
    </div>
  );
}

function Latency({ points }: { points: readonly Point[] }): JSX.Element {
  const last = points.at(-1);
  const told = (seconds: number | null | undefined): string => (seconds == null ? "–" : duration(seconds * 1000));
  return (
    <Panel
      title="Time of a document"
      aside={
        <span class="fine">
          half within <b class="number">{told(last?.p50)}</b> · 95 % within <b class="number">{told(last?.p95)}</b>
        </span>
      }
    >
      <Lines
        lines={[
          { values: points.map((point) => point.p95), tone: "dim" },
          { values: points.map((point) => point.p50), tone: "accent" },
        ]}
        room={MOST_POINTS}
        label={`Time of a document over the last minutes: half within ${told(last?.p50)}, 95 % within ${told(last?.p95)}`}
      />
    </Panel>
  );
}

const STAGES = ["pages", "identify", "before", "barcodes", "preprocess", "queue", "encode", "decode", "after"];

function Stages({ now, before }: { now: Metrics; before: Metrics | null }): JSX.Element {
  const mean = (earlier: Metrics | null, stage: string): number | null => {
    const of = (name: string): number =>
      now.sum(`dossier_document_stage_seconds_${name}`, { stage }) - (earlier?.sum(`dossier_document_stage_seconds_${name}`, { stage }) ?? 0);
    const count = of("count");
    return count > 0 ? (of("sum") / count) * 1000 : null;
  };
  const ofLate = STAGES.map((stage) => ({ stage, time: before === null ? null : mean(before, stage) }));
  const isOfLate = ofLate.some(({ time }) => time !== null);
  const shown = (isOfLate ? ofLate : STAGES.map((stage) => ({ stage, time: mean(null, stage) }))).filter(({ time }) => time !== null);
  const total = shown.reduce((sum, { time }) => sum + (time ?? 0), 0);
  return (
    <Panel title="Where it goes" aside={<span class="fine">mean of a document, {isOfLate ? `last ${WINDOW_SECONDS} s` : "since the start"}</span>}>
      {shown.length === 0 ? (
        <p class="muted">No document was read yet.</p>
      ) : (
        <>
          <div class="stages" aria-hidden="true">
            {shown.map(({ stage, time }) => (
              <span key={stage} class={`stage-part stage-${stage}`} style={{ width: `${((time ?? 0) / Math.max(total, 1e-6)) * 100}%` }} />
            ))}
          </div>
          <ul class="legend">
            {shown.map(({ stage, time }) => (
              <li key={stage}>
                <span class={`swatch stage-${stage}`} aria-hidden="true" />
                <span>{stage}</span>
                <span class="number">{duration(time ?? 0)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

function Batches({ now, before }: { now: Metrics; before: Metrics | null }): JSX.Element {
  const [isOfLate, setOfLate] = useState(false);
  const of = (name: string) => classes(now, isOfLate ? before : null, name);
  const mean = (name: string): string => {
    const count = now.sum(`${name}_count`) - (isOfLate ? (before?.sum(`${name}_count`) ?? 0) : 0);
    const sum = now.sum(`${name}_sum`) - (isOfLate ? (before?.sum(`${name}_sum`) ?? 0) : 0);
    return count > 0 ? (sum / count).toFixed(1) : "–";
  };
  return (
    <Panel
      title="Batches"
      aside={
        <div class="segments" role="group" aria-label="Steps of">
          <button type="button" aria-pressed={!isOfLate} onClick={() => setOfLate(false)}>
            since the start
          </button>
          <button type="button" aria-pressed={isOfLate} onClick={() => setOfLate(true)}>
            last {WINDOW_SECONDS} s
          </button>
        </div>
      }
    >
      <div class="batches">
        {(["documents", "rows"] as const).map((what) => (
          <figure key={what}>
            <figcaption class="fine">
              {what === "rows" ? "fields" : "documents"} in a step, {mean(`dossier_step_${what}`)} on average
            </figcaption>
            <Sizes classes={of(`dossier_step_${what}`)} label={`Steps of the decoder by their ${what}; ${mean(`dossier_step_${what}`)} on average`} />
          </figure>
        ))}
      </div>
    </Panel>
  );
}

function Jobs({ metrics }: { metrics: Metrics }): JSX.Element {
  const waiting = metrics.one("dossier_job_documents_waiting");
  const oldest = metrics.one("dossier_job_documents_oldest_seconds");
  return (
    <Panel title="Jobs">
      {waiting === null ? (
        <p class="muted">This host keeps no jobs.</p>
      ) : (
        <dl class="facts">
          <div>
            <dt>waiting</dt>
            <dd class="number">{waiting}</dd>
          </div>
          <div>
            <dt>being read</dt>
            <dd class="number">{metrics.one("dossier_job_documents_running") ?? "–"}</dd>
          </div>
          <div>
            <dt>the oldest waits for</dt>
            <dd class="number">{oldest === null ? "–" : duration(oldest * 1000)}</dd>
          </div>
        </dl>
      )}
    </Panel>
  );
}
