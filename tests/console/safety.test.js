// What a document, a token or another page could do to this one, and does not.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch, open, quiet } from "./lib/browser.js";
import { ROOT, start } from "./lib/host.js";

const PASSPORT = join(ROOT, "tests/fixtures/documents/utopia/passport/2024/5/page-1.png");
const ready = (page) => page.getByRole("article", { name: "Result" }).waitFor({ timeout: 120_000 });

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

describe("a value of a document", () => {
  let host;
  before(async () => {
    host = await start();
  });
  after(() => host?.stop());

  it("stays a text, whatever stands in it", async () => {
    const opened = await open(browser, host.documents);
    const { page } = opened;
    const evil = `<img src=x onerror="window.taken=1"><script>window.taken=1</script><a href="javascript:window.taken=1">x</a>`;
    // The host's own answer, with what a document could have printed on it in every text that there is.
    const form = new FormData();
    form.append("page", new Blob([await readFile(PASSPORT)]), "page-1.png");
    const answer = await (await fetch(`${host.documents}/v1/extract`, { method: "POST", body: form })).json();
    for (const field of answer.fields) Object.assign(field, { raw: evil, value: evil, source: evil });
    for (const check of answer.checks) Object.assign(check, { message: evil, code: evil, fields: [evil] });
    answer.fields[0].name = evil;
    answer.document_type = evil;
    answer.candidates = [{ document_type: evil, confidence: 0.5 }];
    const answers = [{ status: 415, json: { status: 415, code: evil, title: evil, detail: evil, request_id: evil } }, { json: answer }];
    await page.route("**/v1/extract", (route) => route.fulfill(answers.shift()));
    await page.getByTestId("files").setInputFiles({ name: evil, mimeType: "image/png", buffer: Buffer.from("x") });
    await page.getByRole("alert").waitFor();
    await page.getByTestId("files").setInputFiles(PASSPORT);
    await ready(page);
    for (const tab of await page.getByRole("tab").all()) await tab.click();
    for (const group of await page.locator("details").all()) await group.evaluate((details) => (details.open = true));
    assert.ok((await page.getByText("onerror=").count()) > 10, "it is shown as it is");
    assert.equal(await page.evaluate(() => window.taken), undefined);
    assert.equal(await page.locator("main script, main a[href^='javascript'], main img[src='x']").count(), 0);
    await quiet(opened, [/status of 4\d\d/]);
    await opened.context.close();
  });

  it("is kept nowhere, and leaves with the page", async () => {
    const opened = await open(browser, host.documents);
    const { page, context } = opened;
    await page.getByTestId("files").setInputFiles(PASSPORT);
    await ready(page);
    const kept = await page.evaluate(async () => ({
      local: localStorage.length,
      session: sessionStorage.length,
      databases: (await indexedDB.databases()).length,
      caches: window.caches ? (await caches.keys()).length : 0,
      workers: navigator.serviceWorker ? (await navigator.serviceWorker.getRegistrations()).length : 0,
      state: history.state,
      address: location.href,
    }));
    assert.deepEqual(kept, { local: 0, session: 0, databases: 0, caches: 0, workers: 0, state: null, address: `${host.documents}/` });
    assert.deepEqual(await context.cookies(), []);
    await page.reload();
    assert.equal(await page.locator("#field-surname").count(), 0);
    await quiet(opened);
    await context.close();
  });

  it("is seen by no page that frames this one, and no script but the host's runs", async () => {
    const opened = await open(browser, host.documents);
    const { page } = opened;
    const refused = await page.evaluate(async () => {
      const told = [];
      const attempts = {
        script: () => document.body.append(Object.assign(document.createElement("script"), { text: "window.taken = 1" })),
        markup: () => (document.body.innerHTML += "<p>taken</p>"),
        style: () => document.body.append(Object.assign(document.createElement("style"), { textContent: "*{color:red}" })),
      };
      for (const [name, attempt] of Object.entries(attempts)) {
        try {
          attempt();
        } catch {
          told.push(name);
        }
      }
      try {
        await fetch("https://example.invalid/");
      } catch {
        told.push("fetch");
      }
      return { told, taken: window.taken, red: getComputedStyle(document.body).color === "rgb(255, 0, 0)" };
    });
    assert.deepEqual(refused, { told: ["script", "markup", "fetch"], taken: undefined, red: false });
    const policies = await page.evaluate(() => window.refusedByPolicy.map((refused) => refused.split(" ")[0]));
    for (const directive of ["connect-src", "style-src-elem"]) assert.ok(policies.includes(directive), `${directive}: ${policies}`);
    const frame = await page.context().newPage();
    await frame.setContent(`<iframe src="${host.documents}/"></iframe>`);
    await frame.waitForTimeout(300);
    assert.equal(await frame.frames()[1].locator(".top").count(), 0, "it is not framed");
    await opened.context.close();
  });
});

describe("a token", () => {
  let host;
  let token;
  before(async () => {
    host = await start([], (folder) => {
      const file = join(folder, "tokens.json");
      const command = ["token", "new", "console", "--tenant", "console", "--document-types", "utopia/*", "--tokens-file", file];
      token = execFileSync(process.env.DOSSIER_BINARY, command, { encoding: "utf8" }).trim();
      return `tokens_file = ${JSON.stringify(file)}\n`;
    });
  });
  after(() => host?.stop());

  const enter = async (page, text) => {
    await page.getByRole("button", { name: /^Token/ }).click();
    await page.getByLabel("Bearer token").fill(text);
    await page.getByRole("button", { name: "Use it" }).click();
  };

  it("is asked for where the host wants one, and is in memory alone", async () => {
    const opened = await open(browser, host.documents);
    const { page, context } = opened;
    await page.getByText("This host wants a token").waitFor();
    await enter(page, "of-nobody");
    await page.getByText("This host wants a token").waitFor();
    await enter(page, token);
    await page.getByText("This host wants a token").waitFor({ state: "detached" });
    // The token reaches the types of one state.
    assert.equal(await page.locator("select option").count(), 4);
    await page.getByTestId("files").setInputFiles(PASSPORT);
    await ready(page);
    const everywhere = await page.evaluate(() => JSON.stringify([document.documentElement.outerHTML, { ...localStorage }, { ...sessionStorage }, document.cookie, location.href]));
    assert.ok(!everywhere.includes(token), "the token is nowhere in the page");
    await page.reload();
    await page.getByText("This host wants a token").waitFor();
    await quiet(opened, [/status of 401/]);
    await context.close();
  });

  it("stands in nothing that is copied, and goes in no address", async () => {
    const opened = await open(browser, host.documents);
    const { page, context } = opened;
    const addresses = [];
    page.on("request", (request) => addresses.push(request.url()));
    await enter(page, token);
    await page.getByTestId("files").setInputFiles(PASSPORT);
    await ready(page);
    for (const name of ["curl", "Python", "TypeScript", "Answer"]) {
      await page.getByRole("tab", { name }).click();
      await page.getByRole("button", { name: "Copy", exact: true }).or(page.getByRole("button", { name: "copied" })).first().click();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      assert.ok(!copied.includes(token), name);
      assert.equal(copied.includes("DOSSIER_TOKEN"), name !== "Answer", name);
    }
    assert.ok(addresses.every((address) => !address.includes(token)));
    await page.getByRole("button", { name: "Token set" }).click();
    await page.getByRole("button", { name: "Forget the token" }).click();
    await page.getByText("This host wants a token").waitFor();
    await quiet(opened, [/status of 401/]);
    await context.close();
  });
});

describe("the console", () => {
  it("is not there where it is switched off", async () => {
    const host = await start(["--console=false"]);
    for (const path of ["/", "/console/console.js"]) {
      const answer = await fetch(`${host.documents}${path}`);
      assert.equal(answer.status, 404);
      assert.equal((await answer.json()).code, "route.unknown");
    }
    await host.stop();
  });
});
