// What is served, as clients may know it.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type DocumentType, type DocumentTypes, documentTypes } from "../host/documents";
import { DigestText, Note, Panel, RefusalNote, Scroll, Tag, percent, words } from "../ui/parts";
import { usePolled } from "../ui/poll";
import { Calibration } from "./calibration";
import { Filter } from "./filter";
import { inUse } from "./in-use";

const EVERY_MS = 10_000;

export function Served(): JSX.Element {
  const [wanted, setWanted] = useState("");
  const [opened, setOpened] = useState<string | null>(null);
  const types = usePolled<DocumentTypes>(() => documentTypes(), EVERY_MS);
  const use = usePolled(inUse, EVERY_MS);
  const all = types.value?.document_types ?? [];
  const shown = all.filter((type) => `${type.document_type} ${type.title} ${type.rules.name}`.toLowerCase().includes(wanted.toLowerCase()));
  const one = all.find((type) => type.document_type === opened) ?? null;

  return (
    <>
      <div class="page-head">
        <h1>Fleet</h1>
        {types.value !== null && (
          <span class="fine">
            {all.length} document types · generation {types.value.generation} · base <DigestText value={types.value.base} />
          </span>
        )}
        <span class="push" />
        <Filter value={wanted} onChange={setWanted} />
      </div>
      {types.refusal !== null && types.refusal.status !== 401 && <RefusalNote refusal={types.refusal} />}
      <div class={one === null ? "" : "master"}>
        <Panel title="Document types" aside={<span class="fine">{shown.length === all.length ? "all" : `${shown.length} of ${all.length}`}</span>}>
          <Scroll label="What is served of each">
            <table class="rows rows-hover">
              <thead>
                <tr>
                  <th scope="col">Document type</th>
                  <th scope="col" class="right">
                    Exact fields
                  </th>
                  <th scope="col">Rules</th>
                  <th scope="col">Adapter</th>
                  {use.value != null && (
                    <th scope="col" class="right">
                      Documents
                    </th>
                  )}
                  {use.value != null && <th scope="col">Memory</th>}
                </tr>
              </thead>
              <tbody>
                {shown.map((type) => (
                  <tr key={type.document_type} class={type.document_type === opened ? "row-active" : ""}>
                    <th scope="row">
                      <button type="button" class="row-name" aria-expanded={type.document_type === opened} onClick={() => setOpened(type.document_type === opened ? null : type.document_type)}>
                        {type.title}
                      </button>
                      <code class="row-id">{type.document_type}</code>
                    </th>
                    <td class="right number">{type.measured ? percent(type.measured.fields_exact) : <span class="muted">–</span>}</td>
                    <td>
                      {type.rules.name} <span class="number">{type.rules.version}</span>
                    </td>
                    <td>
                      <DigestText value={type.adapter} />
                    </td>
                    {use.value != null && <td class="right number">{use.value.documents.get(type.document_type) ?? 0}</td>}
                    {use.value != null && <td>{use.value.loaded.has(type.document_type) ? <Tag tone="good">loaded</Tag> : <span class="muted">not loaded</span>}</td>}
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
          {shown.length === 0 && all.length > 0 && <p class="muted">None has “{wanted}” in its name.</p>}
        </Panel>
        {one !== null && <Details type={one} onClose={() => setOpened(null)} />}
      </div>
      <Note>
        Versions are published and changed on the admin listener, whose console has canaries, shadows, promotions and rollbacks.
      </Note>
    </>
  );
}

function Details({ type, onClose }: { type: DocumentType; onClose: () => void }): JSX.Element {
  const { measured } = type;
  return (
    <Panel
      title={type.title}
      class="detail"
      aside={
        <button type="button" class="button-quiet" onClick={onClose}>
          Close
        </button>
      }
    >
      <dl class="facts">
        <div>
          <dt>document type</dt>
          <dd>
            <code>{type.document_type}</code>
          </dd>
        </div>
        <div>
          <dt>pages</dt>
          <dd class="number">{type.pages}</dd>
        </div>
        <div>
          <dt>adapter</dt>
          <dd>
            <DigestText value={type.adapter} />
          </dd>
        </div>
        <div>
          <dt>calibration</dt>
          <dd>
            <DigestText value={type.calibration} />
          </dd>
        </div>
        <div>
          <dt>
            rules {type.rules.name} {type.rules.version}
          </dt>
          <dd>
            <DigestText value={type.rules.digest} />
          </dd>
        </div>
        {measured && (
          <div>
            <dt>measured by whoever trained it</dt>
            <dd class="number">
              {percent(measured.fields_exact)} of fields
              {measured.documents_exact !== null && `, ${percent(measured.documents_exact)} of documents`} exact, on {measured.documents} documents
            </dd>
          </div>
        )}
      </dl>
      <h3 class="detail-head">Confidence</h3>
      <Calibration key={type.document_type} name={type.document_type} />
      <h3 class="detail-head">Fields</h3>
      <ul class="tags">
        {type.fields.map((field) => (
          <li key={field}>
            <Tag tone="plain">{words(field)}</Tag>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
