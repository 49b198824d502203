// How a document comes to this page: dropped, chosen, photographed, or one of the samples.
import type { JSX } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import type { DocumentTypes } from "../host/documents";
import { Icon } from "../ui/icons";
import { MOST_FILES } from "./document";
import { SAMPLES, type Sample, filesOf, pathOf } from "./samples";

interface PickProps {
  types: DocumentTypes | null;
  documentType: string | null;
  onDocumentType: (name: string | null) => void;
  onFiles: (files: readonly File[], documentType: string | null) => void;
  onProblem: (text: string) => void;
  isSmall: boolean;
}

const ACCEPT = "image/jpeg,image/png,image/webp,image/tiff,application/pdf";

export function Pick(props: PickProps): JSX.Element {
  const [isOver, setOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);

  const take = (list: FileList | null | undefined): void => {
    const files = [...(list ?? [])];
    if (files.length === 0) return;
    if (files.length > MOST_FILES) {
      props.onProblem(`These are ${files.length} files; a document has ${MOST_FILES} at most.`);
      return;
    }
    props.onFiles(files, props.documentType);
  };
  const chosen = (event: { currentTarget: HTMLInputElement }): void => {
    const input = event.currentTarget;
    take(input.files);
    // The same file may be chosen again.
    input.value = "";
  };

  return (
    <div class={`pick ${props.isSmall ? "pick-small" : ""}`}>
      <div
        class={`drop ${isOver ? "drop-over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer?.files);
        }}
      >
        <p class="drop-words">
          {props.isSmall ? "Drop another document here" : "Drop a photograph or a scan of a document here"}
        </p>
        <div class="row">
          <button type="button" class="button button-main" onClick={() => chooser.current?.click()}>
            <Icon name="file" /> Choose files
          </button>
          <button type="button" class="button" onClick={() => camera.current?.click()}>
            <Icon name="camera" /> Take a photograph
          </button>
        </div>
        <input ref={chooser} type="file" accept={ACCEPT} multiple hidden aria-label="Files of a document" onChange={chosen} data-testid="files" />
        <input ref={camera} type="file" accept="image/*" capture="environment" hidden aria-label="Photograph of a document" onChange={chosen} data-testid="camera" />
        <TypeChoice types={props.types} value={props.documentType} onChange={props.onDocumentType} />
        {!props.isSmall && <p class="fine">JPEG, PNG, WebP, TIFF or PDF scans; several files are the pages of one document, in order.</p>}
      </div>
      <Samples {...props} />
    </div>
  );
}

function TypeChoice(props: { types: DocumentTypes | null; value: string | null; onChange: (name: string | null) => void }): JSX.Element {
  const id = useId();
  const states = new Map<string, { name: string; title: string }[]>();
  for (const { document_type: name, title } of props.types?.document_types ?? []) {
    const state = name.split("/")[0] ?? name;
    states.set(state, [...(states.get(state) ?? []), { name, title }]);
  }
  return (
    <div class="type-choice">
      <label for={id}>Document type</label>
      <select id={id} value={props.value ?? ""} onChange={(event) => props.onChange(event.currentTarget.value || null)}>
        <option value="">found out by its look</option>
        {[...states].map(([state, types]) => (
          <optgroup key={state} label={state}>
            {types.map(({ name, title }) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </div>
  );
}

function Samples(props: PickProps): JSX.Element | null {
  const served = new Set(props.types?.document_types.map((type) => type.document_type));
  const shown = SAMPLES.filter((sample) => served.has(sample.documentType));
  if (shown.length === 0) return null;
  const pick = async (sample: Sample): Promise<void> => {
    try {
      // The host finds the type out, which is more to look at than naming it.
      props.onFiles(await filesOf(sample), null);
    } catch (error) {
      props.onProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div class="samples">
      <p class="samples-words" id="samples">
        Or one of these; nobody on them exists
      </p>
      <ul aria-labelledby="samples">
        {shown.map((sample) => (
          <li key={sample.documentType}>
            <button type="button" class="sample" onClick={() => void pick(sample)}>
              <img src={pathOf(sample.files[0]!)} alt="" loading="lazy" width="144" height="96" />
              <span>{sample.title}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
