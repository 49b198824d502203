// Try it: a document's whole way, in a real browser against the real program.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch, open, quiet } from "./lib/browser.js";
import { ROOT, start } from "./lib/host.js";

const PASSPORT = join(ROOT, "tests/fixtures/documents/utopia/passport/2024/5/page-1.png");
const truth = JSON.parse(await readFile(join(PASSPORT, "../truth.json"), "utf8"));
const text = (value) => value.replace(/\s+/g, " ").trim();

let host;
let browser;
before(async () => {
  [host, browser] = await Promise.all([start(), launch()]);
});
after(async () => {
  await browser?.close();
  await host?.stop();
});

const ready = (page) => page.getByRole("article", { name: "Result" }).waitFor({ timeout: 120_000 });
const choose = (page, files) => page.getByTestId("files").setInputFiles(files);
const row = (page, field) => page.locator(`#field-${field}`);

describe("a document of no named type", () => {
  let opened;
  before(async () => {
    opened = await open(browser, host.documents);
    await choose(opened.page, PASSPORT);
    await ready(opened.page);
  });
  after(async () => {
    await quiet(opened);
    await opened.context.close();
  });

  it("is known by its look, and the others that it might be are told", async () => {
    const { page } = opened;
    await page.getByText("utopia/passport/2024").first().waitFor();
    const candidates = page.getByRole("region", { name: "Type" });
    assert.ok((await candidates.getByRole("listitem").count()) >= 2);
    assert.match(await candidates.locator(".candidate-taken").innerText(), /utopia\/passport\/2024/);
  });

  it("has its fields as they stand on it", async () => {
    const { page } = opened;
    for (const field of ["surname", "document_number", "nationality"]) {
      assert.match(text(await row(page, field).innerText()), new RegExp(truth.fields[field]), field);
    }
    assert.match(await row(page, "date_of_birth").innerText(), /1961-10-19/);
    assert.match(await row(page, "surname").innerText(), /\d %/);
  });

  it("tells checks by what became of them, pictures apart", async () => {
    const { page } = opened;
    const checks = page.getByRole("region", { name: "Checks" });
    await checks.locator(".group-passed summary").click();
    await checks.getByText("mrz.check_digit.document_number").waitFor();
    const picture = page.getByRole("region", { name: "Picture" });
    assert.match(await picture.innerText(), /image\.blur/);
    assert.match(await page.locator(".verdict-words").innerText(), /\d+ checks passed, \d+ failed, \d+ not performed/);
  });

  it("tells how long each stage took, and what served it", async () => {
    const { page } = opened;
    const time = page.getByRole("region", { name: "Time" });
    for (const stage of ["identify", "encode", "decode"]) assert.match(await time.innerText(), new RegExp(stage));
    const served = page.getByRole("region", { name: "Served by" });
    for (const part of ["base", "adapter", "calibration", "rules", "generation 1"]) assert.match(await served.innerText(), new RegExp(part));
    await served.getByRole("button", { name: "Copy digest" }).first().click();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^sha256:[0-9a-f]{64}$/);
  });

  it("links rows and places both ways: by pointing, by the keyboard, by a click", async () => {
    const { page } = opened;
    const place = page.getByRole("button", { name: "surname, on the page" });
    await row(page, "surname").hover();
    assert.match(await place.getAttribute("class"), /place-active/);
    await place.hover({ force: true });
    assert.match(await row(page, "surname").getAttribute("class"), /field-active/);
    await page.mouse.move(0, 0);
    assert.doesNotMatch(await row(page, "surname").getAttribute("class"), /field-active/);

    await row(page, "sex").getByRole("button").focus();
    assert.match(await page.getByRole("button", { name: "sex, on the page" }).getAttribute("class"), /place-active/);
    await place.focus();
    assert.match(await row(page, "surname").getAttribute("class"), /field-active/);
    await page.keyboard.press("Enter");
    assert.equal(await row(page, "surname").getByRole("button").getAttribute("aria-pressed"), "true");
    await row(page, "surname").getByRole("button").click();
    await page.mouse.move(0, 0);
  });

  it("lies flat, with the places where the print is", async () => {
    const { page } = opened;
    const places = page.locator(".place");
    assert.ok((await places.count()) >= 8);
    const stage = await page.locator(".stage").boundingBox();
    for (const box of await places.evaluateAll((all) => all.map((place) => place.getBoundingClientRect().toJSON()))) {
      assert.ok(box.left >= stage.x - 1 && box.right <= stage.x + stage.width + 1, JSON.stringify(box));
      assert.ok(box.top >= stage.y - 1 && box.bottom <= stage.y + stage.height + 1, JSON.stringify(box));
    }
    // The picture that is drawn is dark where a place says that there is print.
    const box = await page.getByRole("button", { name: "mrz, on the page" }).boundingBox();
    assert.ok(box.width > stage.width / 2 && box.y > stage.y + stage.height / 2, JSON.stringify({ box, stage }));
    await page.getByRole("button", { name: "As sent" }).click();
    await page.locator(".page-outline").waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Laid flat" }).click();
    await page.locator(".page-outline").waitFor({ state: "detached" });
  });

  it("is forgotten when somebody says so", async () => {
    const { page } = opened;
    await page.getByRole("button", { name: "Forget it" }).click();
    await page.getByText("Drop a photograph or a scan of a document here").waitFor();
    assert.equal(await page.locator("#field-surname").count(), 0);
    assert.equal(await page.locator("canvas").count(), 0);
  });
});

describe("a document comes to the page", () => {
  let opened;
  before(async () => {
    opened = await open(browser, host.documents);
  });
  after(async () => {
    await quiet(opened, [/status of 4\d\d/]);
    await opened.context.close();
  });

  it("by being dropped, with its type named", async () => {
    const { page } = opened;
    await page.getByLabel("Document type").selectOption("utopia/passport/2024");
    const data = await page.evaluateHandle((base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
      return transfer;
    }, (await readFile(PASSPORT)).toString("base64"));
    await page.locator(".drop").dispatchEvent("drop", { dataTransfer: data });
    await ready(page);
    assert.equal(await page.getByRole("region", { name: "Type" }).count(), 0, "a named type has no candidates");
    assert.match(await page.locator("#snippet").innerText(), /dropped\.png.*\n?.*document_type=utopia\/passport\/2024/);
    await page.getByRole("button", { name: "Forget it" }).click();
    await page.getByLabel("Document type").selectOption("");
  });

  it("by the camera of a phone", async () => {
    const { page } = opened;
    const camera = page.getByTestId("camera");
    assert.equal(await camera.getAttribute("capture"), "environment");
    await camera.setInputFiles(join(ROOT, "tests/fixtures/photographs/2/page-1.jpg"));
    await ready(page);
    assert.match(await page.locator(".column-page").innerText(), /laid flat/);
  });

  it("as each of the samples", async () => {
    const { page } = opened;
    const samples = page.locator(".sample");
    assert.equal(await samples.count(), 6);
    for (let number = 0; number < 6; number += 1) {
      const title = text(await samples.nth(number).innerText());
      await samples.nth(number).click();
      await page.getByText(/^Reading /).waitFor();
      await ready(page);
      assert.ok((await page.locator(".place").count()) > 3, title);
      if (title.includes("both sides")) {
        await page.getByRole("button", { name: "Page 2" }).click();
        await page.getByRole("button", { name: "mrz, on the page" }).waitFor();
        await row(page, "surname").getByRole("button").click();
        assert.equal(await page.getByRole("button", { name: "Page 1" }).getAttribute("aria-pressed"), "true", "picking a field turns to its page");
      }
    }
  });

  it("and is refused with the host's reason", async () => {
    const { page } = opened;
    await choose(page, { name: "notes.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
    const alert = page.getByRole("alert");
    await alert.waitFor();
    assert.match(await alert.innerText(), /page\.not_an_image/);
    assert.match(await alert.innerText(), /request/);
  });

  it("as a scan that the browser can't show", async () => {
    const { page } = opened;
    await page.getByLabel("Document type").selectOption("helvetara/id-card/2023");
    await choose(page, join(ROOT, "host/image-decode/fixtures/two-pages.pdf"));
    await page.getByText("This browser can't show the file").or(page.getByRole("alert")).first().waitFor({ timeout: 120_000 });
  });

  it("in too many files, and is not sent", async () => {
    const { page } = opened;
    const files = Array.from({ length: 17 }, (_, number) => ({ name: `${number}.png`, mimeType: "image/png", buffer: Buffer.from("x") }));
    await choose(page, files);
    await page.getByText("These are 17 files; a document has 16 at most.").waitFor();
  });
});

describe("what is copied", () => {
  it("reads the same document elsewhere", async () => {
    const opened = await open(browser, host.documents);
    const { page } = opened;
    await choose(page, PASSPORT);
    await ready(page);
    const surname = truth.fields.surname;
    const folder = await mkdtemp(join(tmpdir(), "dossier-copied-"));
    await writeFile(join(folder, "page-1.png"), await readFile(PASSPORT));
    for (const language of ["curl", "TypeScript"]) {
      await page.getByRole("tab", { name: language }).click();
      await page.getByRole("button", { name: "Copy", exact: true }).click();
      await page.getByText("copied").first().waitFor();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      const file = join(folder, language === "curl" ? "ask.sh" : "ask.mjs");
      await writeFile(file, copied);
      const program = language === "curl" ? "sh" : process.execPath;
      const told = execFileSync(program, [file], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      assert.match(told, new RegExp(surname), language);
    }
    await page.getByRole("tab", { name: "Python" }).click();
    const python = await page.locator("#snippet").innerText();
    await writeFile(join(folder, "ask.py"), python);
    execFileSync("python3", ["-m", "py_compile", "ask.py"], { cwd: folder });
    await page.getByRole("tab", { name: "Answer" }).click();
    assert.equal(JSON.parse(await page.locator("#snippet").innerText()).document_type, "utopia/passport/2024");
    await page.getByRole("tab", { name: "Answer" }).press("ArrowRight");
    assert.equal(await page.getByRole("tab", { name: "curl" }).getAttribute("aria-selected"), "true");
    await rm(folder, { recursive: true });
    await quiet(opened);
    await opened.context.close();
  });
});
