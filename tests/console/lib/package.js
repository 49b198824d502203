// A further version of shipped rules: the same rules, in bytes of their own.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./host.js";

/** The archive of a package of the rules of a state, and the digest of its component. `spoilt` fails a fixture. */
export async function packageOf(state, mark, { spoilt = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "dossier-package-"));
  await cp(join(ROOT, "plugins", state, "package"), folder, { recursive: true });
  const component = await readFile(join(ROOT, `plugins/prebuilt/${state}.wasm`));
  // A section that means nothing, as tools leave them behind.
  const name = Buffer.from(mark);
  const marked = Buffer.concat([component, Buffer.from([0, name.length + 1, name.length]), name]);
  await writeFile(join(folder, "component.wasm"), marked);
  if (spoilt) {
    const [first] = (await readdir(join(folder, "fixtures"))).sort();
    const file = join(folder, "fixtures", first);
    const fixture = JSON.parse(await readFile(file, "utf8"));
    fixture.expected = { refused: "never" };
    await writeFile(file, JSON.stringify(fixture));
  }
  const archive = join(folder, "..", `${mark}-${process.pid}.tar`);
  execFileSync("tar", ["--format=ustar", "-cf", archive, "-C", folder, ...(await readdir(folder))]);
  await rm(folder, { recursive: true });
  return { archive, rules: `sha256:${createHash("sha256").update(marked).digest("hex")}` };
}
