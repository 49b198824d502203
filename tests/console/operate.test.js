// Load, Fleet and Rules, for clients and for whoever publishes.
import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { accessible, fits, launch, open, quiet } from "./lib/browser.js";
import { PUBLISHER, ROOT, startWithAdmin } from "./lib/host.js";
import { packageOf } from "./lib/package.js";

const PASSPORT = join(ROOT, "tests/fixtures/documents/utopia/passport/2024/5/page-1.png");

let host;
let browser;
let next;
let spoilt;
let tried;
before(async () => {
  [host, browser, next, spoilt, tried] = await Promise.all([
    startWithAdmin(),
    launch(),
    packageOf("utopia", "next"),
    packageOf("utopia", "spoilt", { spoilt: true }),
    packageOf("utopia", "tried"),
  ]);
});
after(async () => {
  await browser?.close();
  await host?.stop();
  for (const { archive } of [next, spoilt, tried]) await rm(archive, { force: true });
});

const go = async (page, name) => {
  await page.getByRole("navigation").getByRole("link", { name }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
};
const signIn = async (page) => {
  await page.getByRole("button", { name: /^Token/ }).click();
  await page.getByLabel("Bearer token").fill(PUBLISHER);
  await page.getByRole("button", { name: "Use it" }).click();
};
const yes = async (page, action) => {
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: action }).click();
  await dialog.waitFor({ state: "detached" });
};

describe("on the listener for documents", () => {
  let opened;
  before(async () => {
    opened = await open(browser, host.documents);
    const { page } = opened;
    await page.getByTestId("files").setInputFiles(PASSPORT);
    await page.getByRole("article", { name: "Result" }).waitFor({ timeout: 120_000 });
  });
  after(async () => {
    await quiet(opened, [/status of 412/]);
    await opened.context.close();
  });

  it("Load tells how full the host is, live", async () => {
    const { page } = opened;
    await go(page, "Load");
    await page.getByText("takes requests").waitFor();
    assert.match(await page.getByRole("region", { name: "In work" }).innerText(), /0\s*of 32/);
    await page.getByRole("region", { name: "Adapters in memory" }).getByText("utopia/passport/2024").waitFor();
    assert.match(await page.getByRole("region", { name: "Where it goes" }).innerText(), /decode/);
    assert.match(await page.getByRole("region", { name: "Rules", exact: true }).innerText(), /utopia/);
    // Another document, and what is shown follows without anybody asking.
    const form = new FormData();
    const file = new Blob([await readFile(PASSPORT)]);
    form.append("page", file, "page-1.png");
    assert.equal((await fetch(`${host.documents}/v1/extract`, { method: "POST", body: form })).status, 200);
    const calls = page.getByRole("region", { name: "Calls of rules" }).locator("tbody tr", { hasText: "utopia" });
    await calls.getByText("4", { exact: true }).waitFor();
  });

  it("Fleet tells what is served, by what, and whether it is in memory", async () => {
    const { page } = opened;
    await go(page, "Fleet");
    const rows = page.locator("tbody tr");
    await rows.first().waitFor();
    const listed = await (await fetch(`${host.documents}/v1/document-types`)).json();
    assert.ok(listed.document_types.length >= 33);
    assert.equal(await rows.count(), listed.document_types.length);
    await page.getByLabel("Names with").fill("utopia/passport");
    assert.equal(await rows.count(), 1);
    await rows.getByText("loaded", { exact: true }).waitFor();
    const told = await (await fetch(`${host.documents}/metrics`)).text();
    const counted = told.split("\n").filter((line) => line.startsWith("dossier_documents_total{") && line.includes("utopia/passport/2024"));
    const read = counted.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    assert.ok(read > 0);
    await rows.getByRole("cell", { name: String(read), exact: true }).waitFor();
    await rows.getByRole("button", { name: "Passport of Utopia (2024)" }).click();
    const detail = page.getByRole("region", { name: "Passport of Utopia (2024)" });
    assert.match(await detail.innerText(), /place of birth/);

    // What an answer says of a confidence of 0.9, of the field that is chosen.
    const { scalings } = await (await fetch(`${host.documents}/v1/document-types/utopia%2Fpassport%2F2024`)).json();
    const plot = detail.getByRole("img", { name: /own confidence/ });
    await plot.waitFor();
    assert.equal(await plot.locator(".calibration-curve").count(), scalings.length);
    for (const field of ["sex", "surname"]) {
      await detail.getByLabel("Field", { exact: true }).selectOption(field);
      const { slope, intercept } = scalings.find((scaling) => scaling.field === field);
      const becomes = 1 / (1 + Math.exp(-(slope * Math.log(9) + intercept)));
      await detail.getByRole("img", { name: new RegExp(`of ${field}, 90(\\.0)? % becomes ${(100 * becomes).toFixed(1).replace(".0", "(\\.0)?")}`) }).waitFor();
    }
  });

  it("Rules reads the document in hand again, and shows both reports", async () => {
    const { page } = opened;
    await go(page, "Rules");
    await page.getByRole("button", { name: "Read it again" }).click();
    await page.getByText("no difference").waitFor({ timeout: 120_000 });
    await page.getByRole("button", { name: "Everything" }).click();
    await page.getByRole("region", { name: "Two reports side by side" }).getByText("RYROURT").first().waitFor();
    await page.getByLabel("by the rules").fill("sha256:1");
    await page.getByRole("button", { name: "Read it again" }).click();
    await page.getByText("A digest is").waitFor();
    await page.getByLabel("by the rules").fill(`sha256:${"0".repeat(64)}`);
    await page.getByRole("button", { name: "Read it again" }).click();
    await page.getByText("generation.changed").waitFor();
  });
});

describe("on the admin listener", () => {
  let opened;
  before(async () => {
    opened = await open(browser, host.admin);
  });
  after(async () => {
    await quiet(opened, [/status of 4\d\d/]);
    await opened.context.close();
  });

  it("nothing is told without a token", async () => {
    const { page } = opened;
    await page.getByText("This host wants a token").waitFor();
    assert.deepEqual(await page.getByRole("navigation").getByRole("link").allInnerTexts(), ["Load", "Fleet", "Rules"]);
    await go(page, "Fleet");
    assert.equal(await page.locator("tbody tr").count(), 0);
    await signIn(page);
    await page.locator("tbody tr").first().waitFor();
  });

  it("Load is there", async () => {
    const { page } = opened;
    await go(page, "Load");
    await page.getByText("takes requests").waitFor();
  });

  it("a package is published, tried, promoted and taken back", async () => {
    const { page } = opened;
    // While the canary runs, chance says which version reads a document: this one is read before.
    const documents = await open(browser, host.documents);
    await documents.page.getByTestId("files").setInputFiles(PASSPORT);
    await documents.page.getByRole("article", { name: "Result" }).waitFor({ timeout: 120_000 });
    await go(page, "Fleet");
    await page.getByTestId("archive").setInputFiles(next.archive);
    await page.getByText(/^utopia .* is staged$/).waitFor({ timeout: 120_000 });
    const detail = page.getByRole("region", { name: "utopia", exact: true });
    await detail.getByRole("button", { name: /^Canary utopia/ }).first().click();
    await page.getByLabel("Percent of the requests").fill("10");
    await yes(page, "Begin");
    await detail.getByText("Canary: 10 % of requests").waitFor();
    await page.locator("tbody tr", { hasText: "canary 10 %" }).waitFor();

    // What is on trial reads a document for whoever names it, and its report stands beside the first.
    await go(documents.page, "Rules");
    await documents.page.getByLabel("by the rules").fill(next.rules);
    await documents.page.getByRole("button", { name: "Read it again" }).click();
    const sides = documents.page.locator(".side thead th");
    await sides.nth(2).waitFor({ timeout: 120_000 });
    assert.match(await sides.nth(2).innerText(), new RegExp(next.rules.slice(7, 15)));
    assert.doesNotMatch(await sides.nth(1).innerText(), new RegExp(next.rules.slice(7, 15)));
    await quiet(documents);
    await documents.context.close();

    await go(page, "Rules");
    await page.getByRole("region", { name: "What is on trial" }).getByText("canary, 10 %").waitFor();
    await go(page, "Fleet");
    await page.getByRole("button", { name: "utopia", exact: true }).click();
    await detail.getByRole("button", { name: "Promote" }).click();
    await yes(page, "Promote");
    await detail.getByText(/Done: generation \d+ serves/).waitFor();
    await detail.getByText("Canary: 10 % of requests").waitFor({ state: "detached" });
    await detail.getByRole("button", { name: "Roll back" }).click();
    await yes(page, "Roll back");
    await detail.getByText(/by console/).first().waitFor();
    for (const action of ["roll", "promote", "canary", "publish"]) await detail.locator(".events").getByText(new RegExp(action)).first().waitFor();
  });

  it("nothing is done where the question is answered with no", async () => {
    const { page } = opened;
    const detail = page.getByRole("region", { name: "utopia", exact: true });
    const before = await detail.locator(".events li").count();
    await detail.getByRole("button", { name: /^Activate utopia/ }).first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Leave it" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await detail.getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Leave it" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await detail.locator(".events li").count(), before);
  });

  it("a package that fails a fixture is refused with the reason", async () => {
    const { page } = opened;
    await page.getByTestId("archive").setInputFiles(spoilt.archive);
    await page.getByRole("alert").getByText("fixture.failed").waitFor({ timeout: 120_000 });
  });

  it("settings are set, refused and taken back", async () => {
    const { page } = opened;
    await go(page, "Rules");
    await page.getByLabel("Document type").selectOption("utopia/passport/2024");
    const settings = page.getByLabel("Settings, as JSON");
    await page.getByText("the rules' own defaults").waitFor();
    await settings.fill("{");
    await page.getByRole("button", { name: "Set them" }).click();
    await page.getByText("This is no JSON").waitFor();
    await settings.fill('{"days_after_expiry": -1}');
    await page.getByRole("button", { name: "Set them" }).click();
    await page.getByText("plugin.settings_refused").waitFor();
    await settings.fill('{"days_after_expiry": 90}');
    await page.getByRole("button", { name: "Set them" }).click();
    await page.getByText("set by the operator").waitFor();
    await page.getByText("They are in force from the next request on.").waitFor();
    await page.getByRole("button", { name: "Those of the package" }).click();
    await page.getByText("the rules' own defaults").waitFor();
  });

  it("a package that fails a fixture is tried, shown beside what it expects and what serves, and can't be published", async () => {
    const { page } = opened;
    await go(page, "Rules");
    const panel = page.getByRole("region", { name: "Try a package before it is published" });
    assert.ok(await panel.getByRole("button", { name: "Try it" }).isDisabled(), "nothing is chosen");
    await page.getByTestId("archive-to-try").setInputFiles(spoilt.archive);
    await panel.getByText(/^spoilt-.*KiB|^spoilt-.*MiB/).waitFor();
    await panel.getByRole("button", { name: "Try it" }).click();
    await panel.getByText(/^1 of \d+ fixtures fail$/).waitFor({ timeout: 120_000 });
    const failed = panel.locator("details[open]");
    assert.equal(await failed.count(), 1, "the one that fails is open");
    await failed.getByText("the rules should refuse it with `never`").waitFor();
    const table = failed.getByRole("table");
    assert.deepEqual((await table.locator("thead th").allInnerTexts()).slice(1, 3), ["what it expects", "this package"]);
    assert.match(await table.locator("thead th").nth(3).innerText(), /^what serves now/);
    const refusal = table.locator("tbody tr", { hasText: "refused with" });
    assert.deepEqual(await refusal.locator("td").allInnerTexts(), ["never", "not reported", "not reported"]);
    assert.ok(await panel.getByRole("button", { name: "Publish it" }).isDisabled());
    await accessible(page, "a dry run that fails");
    await fits(page, "a dry run that fails");
  });

  it("a package is tried by the keyboard alone, and the same bytes are published", async () => {
    const { page } = opened;
    const panel = page.getByRole("region", { name: "Try a package before it is published" });
    // Asked for ahead of the key: the browser is told to hand its dialog over, which takes a moment.
    const chooser = page.waitForEvent("filechooser");
    await panel.getByRole("button", { name: "Choose an archive" }).focus();
    await page.keyboard.press("Enter");
    await (await chooser).setFiles(tried.archive);
    await panel.getByText(/^tried-/).waitFor();
    assert.equal(await panel.locator("details").count(), 0, "what another archive came to is gone");
    const button = panel.getByRole("button", { name: "Try it" });
    for (let presses = 0; presses < 3 && !(await button.evaluate((element) => element === document.activeElement)); presses += 1) {
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await panel.getByText(/^all \d+ fixtures pass$/).waitFor({ timeout: 120_000 });
    const fixture = panel.locator("details").first();
    assert.equal(await fixture.getAttribute("open"), null, "there is nothing to look at");
    await fixture.locator("summary").focus();
    await page.keyboard.press("Enter");
    await fixture.getByText("As it expects, and as what serves reports it.").or(fixture.getByText("As it expects.")).first().waitFor();
    await panel.getByRole("button", { name: "Everything" }).click();
    await fixture.getByRole("table").waitFor();
    await panel.getByRole("button", { name: "Differences only" }).click();
    await accessible(page, "a dry run that passes");
    const digest = await panel.locator(".fine code[title]").first().getAttribute("title");
    const told = async () => await (await fetch(`${host.admin}/v1/packages/utopia`, { headers: { authorization: `Bearer ${PUBLISHER}` } })).json();
    assert.ok((await told()).versions.every((version) => version.package !== digest), "nothing of it is kept");
    // Whatever becomes of the file: what was tried is in memory.
    await writeFile(tried.archive, "something else");
    await panel.getByRole("button", { name: "Publish it" }).click();
    await panel.getByText(/^utopia .* is staged$/).waitFor({ timeout: 120_000 });
    assert.equal((await told()).versions.at(-1).package, digest);
    assert.ok(await panel.getByRole("button", { name: "Publish it" }).isDisabled(), "once is enough");
  });
});
