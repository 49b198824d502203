// How the console looks: for everybody, in light and dark, on a desk and on a phone, by the keyboard alone.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DESK, PHONE, accessible, fits, launch, open, quiet, shot } from "./lib/browser.js";
import { PUBLISHER, ROOT, startWithAdmin } from "./lib/host.js";
import { packageOf } from "./lib/package.js";

const PHOTOGRAPH = join(ROOT, "tests/fixtures/photographs/2/page-1.jpg");

let host;
let browser;
let spoilt;
before(async () => {
  [host, browser, spoilt] = await Promise.all([startWithAdmin(), launch(), packageOf("utopia", "looked-at", { spoilt: true })]);
});
after(async () => {
  await browser?.close();
  await host?.stop();
  if (spoilt) await rm(spoilt.archive, { force: true });
});

const go = async (page, name) => {
  await page.getByRole("navigation").getByRole("link", { name }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
};

for (const colorScheme of ["light", "dark"]) {
  for (const [form, viewport] of Object.entries({ desk: DESK, phone: PHONE })) {
    const where = (page) => `${page}-${colorScheme}-${form}`;
    describe(`in ${colorScheme}, on a ${form}`, () => {
      it("documents can be tried by everybody", async () => {
        const opened = await open(browser, host.documents, { viewport, colorScheme, isPhone: form === "phone" });
        const { page } = opened;
        await page.locator(".sample").first().waitFor();
        await page.waitForLoadState("networkidle");
        await accessible(page, where("try-begin"));
        await fits(page, where("try-begin"));
        await shot(page, where("try-begin"));
        await page.getByTestId("files").setInputFiles(PHOTOGRAPH);
        await page.getByRole("article", { name: "Result" }).waitFor({ timeout: 120_000 });
        await page.locator("#field-surname").getByRole("button").click();
        await accessible(page, where("try-read"));
        await fits(page, where("try-read"));
        await shot(page, where("try-read"));
        await shot(page, where("try-read-whole"), { fullPage: true });
        await page.getByRole("button", { name: "As sent" }).click();
        await shot(page, where("try-sent"));
        await accessible(page, where("try-sent"));
        await page.getByTestId("files").setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
        await page.getByRole("alert").waitFor();
        await accessible(page, where("try-refused"));
        await fits(page, where("try-refused"));
        await shot(page, where("try-refused"));
        for (const name of ["Load", "Fleet", "Rules"]) {
          await go(page, name);
          if (name !== "Rules") await page.locator("tbody tr, .tile").first().waitFor();
          if (name === "Load") await page.waitForTimeout(4500);
          if (name === "Fleet") {
            await page.getByLabel("Names with").fill("utopia");
            await page.getByRole("button", { name: "Passport of Utopia (2024)" }).click();
            await page.locator(".calibration-plot").waitFor();
          }
          await accessible(page, where(name));
          await fits(page, where(name));
          await shot(page, where(`${name.toLowerCase()}-documents`));
        }
        await quiet(opened, [/status of 4\d\d/]);
        await opened.context.close();
      });

      it("packages can be looked after by everybody", async () => {
        const opened = await open(browser, host.admin, { viewport, colorScheme, isPhone: form === "phone" });
        const { page } = opened;
        await page.getByText("This host wants a token").waitFor();
        await accessible(page, where("admin-wanted"));
        await page.getByRole("button", { name: /^Token/ }).click();
        await accessible(page, where("admin-token"));
        await shot(page, where("admin-token"));
        await page.getByLabel("Bearer token").fill(PUBLISHER);
        await page.getByRole("button", { name: "Use it" }).click();
        for (const name of ["Load", "Fleet", "Rules"]) {
          await go(page, name);
          await page.locator("tbody tr, .tile, textarea").first().waitFor();
          if (name === "Fleet") {
            await page.getByRole("button", { name: "utopia/passport/2024" }).click();
            await page.locator(".versions li").first().waitFor();
          }
          await accessible(page, where(`admin-${name}`));
          await fits(page, where(`admin-${name}`));
          await shot(page, where(`admin-${name.toLowerCase()}`));
        }
        await page.getByTestId("archive-to-try").setInputFiles(spoilt.archive);
        await page.getByRole("button", { name: "Try it" }).click();
        await page.getByText(/fixtures fail$/).waitFor({ timeout: 120_000 });
        await page.getByRole("region", { name: "Try a package before it is published" }).scrollIntoViewIfNeeded();
        await shot(page, where("admin-dry-run"));
        await page.getByRole("button", { name: "Everything" }).click();
        for (const group of await page.locator("details").all()) await group.evaluate((details) => (details.open = true));
        await accessible(page, where("admin-dry-run"));
        await fits(page, where("admin-dry-run"));
        await quiet(opened, [/status of 4\d\d/]);
        await opened.context.close();
      });
    });
  }
}

describe("by the keyboard alone", () => {
  it("one gets to the page, through its parts and out of a dialog", async () => {
    const opened = await open(browser, host.documents);
    const { page } = opened;
    await page.locator(".sample").first().waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    await page.keyboard.press("Tab");
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Choose files/);
    const sample = page.locator(".sample").first();
    for (let presses = 0; presses < 12 && !(await sample.evaluate((element) => element === document.activeElement)); presses += 1) {
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await page.getByRole("article", { name: "Result" }).waitFor({ timeout: 120_000 });
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "H2", "the answer has the focus");
    await page.getByRole("button", { name: "Token" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByLabel("Bearer token").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "INPUT");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Token/, "the focus is where it was");
    await quiet(opened);
    await opened.context.close();
  });

  it("colours are chosen for as long as the page is open", async () => {
    const opened = await open(browser, host.documents);
    const { page } = opened;
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.getByRole("button", { name: "Dark colours" }).click();
    assert.notEqual(await ground(), light);
    await page.getByRole("button", { name: "Light colours" }).click();
    assert.equal(await ground(), light);
    await quiet(opened);
    await opened.context.close();
  });
});
