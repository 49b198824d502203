// Fixtures one below the other, each with its reports side by side.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { FixtureRun } from "../host/packages";
import { DigestText, OutcomeMark, Scroll, Tag, words } from "../ui/parts";
import { type Cell, type Line, lines } from "./fixtures";

export function FixtureReports({ fixtures }: { fixtures: readonly FixtureRun[] }): JSX.Element {
  const [isAll, setAll] = useState(false);
  return (
    <div>
      <div class="row row-between">
        <h3 class="detail-head">Fixtures</h3>
        <button type="button" class="button" aria-pressed={isAll} onClick={() => setAll(!isAll)}>
          {isAll ? "Differences only" : "Everything"}
        </button>
      </div>
      {fixtures.map((run) => (
        <Fixture key={run.name} run={run} isAll={isAll} />
      ))}
    </div>
  );
}

function Fixture({ run, isAll }: { run: FixtureRun; isAll: boolean }): JSX.Element {
  const all = lines(run);
  const others = all.filter(({ isAsServing }) => !isAsServing).length;
  return (
    <details class="group fixture" open={!run.passed || others > 0}>
      <summary>
        <code>{run.name}</code>
        <Tag tone={run.passed ? "good" : "bad"}>{run.passed ? "passed" : "failed"}</Tag>
        {others > 0 && <Tag tone="warn">{`${others} otherwise than what serves`}</Tag>}
        <span class="count">{run.document_type}</span>
      </summary>
      {run.difference !== null && <p class="note note-bad">{run.difference}</p>}
      {run.found === null ? (
        <p class="muted">The reports of all fixtures are too long for one answer: this one's is left out.</p>
      ) : (
        <SideBySide run={run} shown={isAll ? all : all.filter((line) => !line.isAsExpected || !line.isAsServing)} />
      )}
    </details>
  );
}

function SideBySide({ run, shown }: { run: FixtureRun; shown: readonly Line[] }): JSX.Element {
  const { serving } = run;
  if (shown.length === 0) {
    return <p class="muted">{serving?.found ? "As it expects, and as what serves reports it." : "As it expects."}</p>;
  }
  return (
    <Scroll label={`Reports of the fixture ${run.name}`}>
      <table class="rows side side-fixture">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">Field or check</span>
            </th>
            <th scope="col">what it expects</th>
            <th scope="col">this package</th>
            {serving !== null && (
              <th scope="col">
                what serves now <DigestText value={serving.rules} />
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {shown.map((line) => (
            <tr key={line.key} class={line.isAsExpected && line.isAsServing ? "" : "side-other"}>
              <th scope="row">{line.isCheck ? <code>{line.name}</code> : words(line.name)}</th>
              <CellOf cell={line.expected} />
              <CellOf cell={line.found} />
              {serving !== null && (serving.code === null ? <CellOf cell={line.serving} /> : <td class="muted">{`failed: ${serving.code}`}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function CellOf({ cell }: { cell: Cell }): JSX.Element {
  if (cell === null) return <td class="muted">not reported</td>;
  if (cell.outcome === null) return <td>{cell.text === null ? <span class="muted">no value</span> : <span class="value">{cell.text}</span>}</td>;
  return (
    <td>
      <span class="side-check">
        <OutcomeMark outcome={cell.outcome} />
        <span>{cell.text ?? words(cell.outcome)}</span>
      </span>
    </td>
  );
}
