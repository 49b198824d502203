// Makes a component of a JavaScript module that has no WASI. Written by `dossier plugin build`.
import { readFile, writeFile } from "node:fs/promises";
import { componentize } from "@bytecodealliance/componentize-js";

const entry = process.argv[2];
const { component } = await componentize(await readFile(entry, "utf8"), {
  sourceName: entry,
  witPath: "build/wit",
  worldName: "rules",
  disableFeatures: ["random", "stdio", "clocks", "http", "fetch-event"],
});
await writeFile("build/component.wasm", component);
