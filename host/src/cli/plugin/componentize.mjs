// Makes a component of a JavaScript module that has no WASI but for standard input and output: the
// engine writes to standard error what was thrown. Written by `dossier plugin build`.
import { readFile, writeFile } from "node:fs/promises";
import { componentize } from "@bytecodealliance/componentize-js";

// What a hook throws becomes its refusal. An error is none: without this the engine would tell that the
// refusal lacks a code, and not what was thrown. It stands behind the rules, so their lines keep their
// numbers.
const explain = `
;if (typeof hooks === "object") {
  for (const name of ["describe", "before", "after"]) {
    const hook = hooks[name];
    hooks[name] = function (...parameters) {
      try {
        return hook.apply(this, parameters);
      } catch (thrown) {
        if (thrown instanceof Error && thrown.payload === undefined) {
          console.error(\`\${thrown}\\n\${thrown.stack}\`);
        }
        throw thrown;
      }
    };
  }
}
`;

const entry = process.argv[2];
const { component } = await componentize((await readFile(entry, "utf8")) + explain, {
  sourceName: entry,
  witPath: "build/wit",
  worldName: "rules",
  disableFeatures: ["random", "clocks", "http", "fetch-event"],
});
await writeFile("build/component.wasm", component);
