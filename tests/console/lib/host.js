// A host on what is shipped, as a process: the program that the stage "tests" built.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

export const ROOT = resolve(import.meta.dirname, "../../..");
const TODAY = "2026-11-24";

/** What a publisher bears who reaches everything. */
export const PUBLISHER = "publisher-for-tests-0123456789abcdef";

function binary() {
  const path = process.env.DOSSIER_BINARY;
  if (!path) throw new Error("DOSSIER_BINARY names the program that is tried");
  return path;
}

/** Starts a host; `stop` ends it, and fails where it does not end in order. */
export async function start(flags = [], configuration = null) {
  const folder = await mkdtemp(join(tmpdir(), "dossier-console-"));
  const all = ["serve", "--listen", "127.0.0.1:0", "--data-root", ROOT, "--today", TODAY, "--log-format", "json", ...flags];
  if (configuration !== null) {
    const file = join(folder, "dossier.toml");
    await writeFile(file, configuration(folder));
    all.push("--config", file);
  }
  const child = spawn(binary(), all, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((settle) => child.on("exit", settle));
  const addresses = await listening(child, ended);
  return {
    folder,
    documents: `http://${addresses["listening"]}`,
    admin: `http://${addresses["the admin API listens"]}`,
    async stop() {
      child.kill("SIGTERM");
      const code = await ended;
      await rm(folder, { recursive: true, force: true });
      if (code !== 0) throw new Error(`the host ended with ${code}`);
    },
  };
}

async function listening(child, ended) {
  const addresses = {};
  const lines = createInterface({ input: child.stderr });
  await new Promise((settle, fail) => {
    lines.on("line", (line) => {
      // What stops a start is told in plain words.
      if (!line.startsWith("{")) return fail(new Error(line));
      const told = JSON.parse(line);
      if (told.address) addresses[told.message] = told.address;
      if (told.message === "listening") settle();
    });
    void ended.then((code) => fail(new Error(`the host ended with ${code} before it listened`)));
  });
  return addresses;
}

/** A host whose packages come and go, with its metrics beside documents too. */
export function startWithAdmin() {
  const digest = createHash("sha256").update(PUBLISHER).digest("hex");
  return start(["--metrics-on-listen=true"], (folder) =>
    [
      `data_dir = ${JSON.stringify(join(folder, "data"))}`,
      'admin_listen = "127.0.0.1:0"',
      "dev = true",
      "[[tokens]]",
      'publisher = "console"',
      `sha256 = "${digest}"`,
      'document_types = ["*"]',
      'plugins = ["*"]',
      "",
    ].join("\n"),
  );
}
