// What came of a document: the page, and everything that was said about it.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Answer, Outcome, Page } from "../host/documents";
import { Icon } from "../ui/icons";
import { Tag, duration } from "../ui/parts";
import { Checks, PictureChecks } from "./checks";
import { Copy } from "./copy";
import type { InHand } from "./document";
import { Candidates, ServedBy, Timings } from "./facts";
import { Fields, rowId } from "./fields";
import type { Picture } from "./pictures";
import { mayHoldSeveral } from "./pictures";
import { Stage, type View } from "./stage";

const VERDICTS = {
  accepted: { tone: "good", icon: "check", text: "Accepted" },
  rejected: { tone: "bad", icon: "cross", text: "Rejected" },
  incomplete: { tone: "warn", icon: "dash", text: "Incomplete" },
} as const;

interface ResultProps {
  document: InHand;
  answer: Answer;
  title: string | null;
  onForget: () => void;
}

export function Result({ document: inHand, answer, title, onForget }: ResultProps): JSX.Element {
  const [pageNumber, setPageNumber] = useState(1);
  const [view, setView] = useState<View>("flat");
  // What is pointed at wins over what was picked before.
  const [pointed, setPointed] = useState<string | null>(null);
  const [picked, setPicked] = useState<string | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const active = pointed ?? picked;

  // Whoever can't see that the answer came is told by the focus.
  useEffect(() => {
    window.scrollTo({ top: 0 });
    heading.current?.focus({ preventScroll: true });
  }, [answer]);

  const page = answer.pages.find((page) => page.page === pageNumber) ?? answer.pages[0];
  const pick = (name: string): void => {
    setPicked((before) => (before === name ? null : name));
    const field = answer.fields.find((field) => field.name === name);
    if (field?.page && field.polygon) setPageNumber(field.page);
    document.getElementById(rowId(name))?.scrollIntoView({ block: "nearest" });
  };
  const linked = { active, onActive: setPointed, onPick: pick, checks: answer.checks };

  return (
    <article class="result" aria-label="Result">
      <header class="verdict">
        <h2 ref={heading} tabIndex={-1}>
          <Tag tone={VERDICTS[answer.verdict].tone}>
            <Icon name={VERDICTS[answer.verdict].icon} /> {VERDICTS[answer.verdict].text}
          </Tag>
          <span>{title ?? answer.document_type}</span>
        </h2>
        <p class="verdict-words">
          <code>{answer.document_type}</code> · {countsOf(answer)} · {duration(answer.timings_ms.total ?? 0)}
        </p>
        <button type="button" class="button" onClick={onForget}>
          Forget it
        </button>
      </header>

      <div class="columns">
        <div class="column-page">
          <div class="row row-between">
            <Segments
              label="View"
              value={view}
              options={[
                { value: "flat", icon: "flat", text: "Laid flat" },
                { value: "sent", icon: "picture", text: "As sent" },
              ]}
              onChange={setView}
            />
            {answer.pages.length > 1 && (
              <Segments
                label="Page"
                value={String(page?.page ?? 1)}
                options={answer.pages.map((page) => ({ value: String(page.page), text: `Page ${page.page}` }))}
                onChange={(value) => setPageNumber(Number(value))}
              />
            )}
          </div>
          {page && (
            <Stage
              key={page.page}
              {...linked}
              page={page}
              picture={pictureOf(inHand, page)}
              fields={answer.fields.filter((field) => field.page === page.page)}
              view={view}
            />
          )}
          {page && <p class="fine">{placeOf(page)}</p>}
          <Timings answer={answer} />
        </div>
        <div class="column-words">
          <Fields {...linked} fields={answer.fields} />
          <Checks {...linked} />
          <PictureChecks {...linked} />
        </div>
      </div>
      <div class="columns">
        <div class="column-words">
          <Candidates answer={answer} />
          <ServedBy answer={answer} />
        </div>
        <Copy document={inHand} answer={answer} />
      </div>
    </article>
  );
}

function countsOf(answer: Answer): string {
  const count = (outcome: Outcome): number => answer.checks.filter((check) => check.outcome === outcome).length;
  return `${count("passed")} checks passed, ${count("failed")} failed, ${count("not_performed")} not performed`;
}

/** The picture that a page is in; none where a file may hold several, since its number is not known then. */
function pictureOf(document: InHand, page: Page): Picture | null {
  if (document.files.some(mayHoldSeveral)) return null;
  return document.pictures[page.picture - 1] ?? null;
}

function placeOf(page: Page): string {
  if (!page.rectified) return "Read as it was sent: the page fills its picture, or nothing in it stood out.";
  const turned = Math.abs(page.rotation) < 0.05 ? "not turned" : `turned by ${page.rotation.toFixed(1)}°`;
  const sure = page.score === null ? "" : `, found with a score of ${page.score.toFixed(2)}`;
  return `Cut out of picture ${page.picture} and laid flat: ${turned}${sure}.`;
}

interface SegmentsProps<T extends string> {
  label: string;
  value: T;
  options: { value: T; icon?: "flat" | "picture"; text: string }[];
  onChange: (value: T) => void;
}

function Segments<T extends string>({ label, value, options, onChange }: SegmentsProps<T>): JSX.Element {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map((option) => (
        <button key={option.value} type="button" aria-pressed={option.value === value} onClick={() => onChange(option.value)}>
          {option.icon && <Icon name={option.icon} />} {option.text}
        </button>
      ))}
    </div>
  );
}
