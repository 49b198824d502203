// Writes the types of answers and the codes of refusals from the host's own description:
//     node scripts/generate.mjs ../../docs/openapi.json src/schemas.ts
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const [source, target] = process.argv.slice(2);
const described = JSON.parse(await readFile(source, "utf8"));
const schemas = described.components.schemas;

// What the routes of this API speak of; the Open Inference Protocol has clients of its own.
const used = new Set();
function follow(part) {
  if (part === null || typeof part !== "object") return;
  const name = typeof part.$ref === "string" ? part.$ref.split("/").pop() : undefined;
  if (name !== undefined && !used.has(name)) {
    used.add(name);
    follow(schemas[name]);
  }
  Object.values(part).forEach(follow);
}
const codes = new Set();
function gather(part) {
  if (part === null || typeof part !== "object") return;
  (part.properties?.code?.enum ?? []).forEach((code) => codes.add(code));
  Object.values(part).forEach(gather);
}
for (const [path, item] of Object.entries(described.paths)) {
  if (path.startsWith("/v1/")) follow(item);
  gather(item);
}

const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
const types = await openapiTS(
  { openapi: described.openapi, info: described.info, paths: {}, components: { schemas: kept } },
  { rootTypes: true, rootTypesNoSchemaPrefix: true, silent: true },
);
const components = astToString(types)
  .split("\n")
  .filter((line) => !/^export type (paths|webhooks|\$defs|operations) /.test(line))
  .join("\n");
const listed = [...codes].sort().map((code) => `  "${code}",`);
await writeFile(
  target,
  `// Made from openapi.json by scripts/generate.mjs: \`npm run generate\`. Not to be changed by hand.\n\n${components}
/** Every code that a host refuses with. */
export const CODES = [\n${listed.join("\n")}\n] as const;
export type Code = (typeof CODES)[number];\n`,
);
