// Chromium, and pages that fail a test by what they report: errors, what their policy refused, and what they ask
// of others than their host.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const ARTEFACTS = join(import.meta.dirname, "../artefacts");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** A page of its own context. What it reports is kept in `reports`. */
export async function open(browser, address, options = {}) {
  const { viewport = DESK, colorScheme = "light", isPhone = false } = options;
  const context = await browser.newContext({
    viewport,
    colorScheme,
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
    ...(isPhone ? { hasTouch: true, isMobile: true, deviceScaleFactor: 2 } : {}),
  });
  if (process.env.CONSOLE_DIST) await replaced(context, process.env.CONSOLE_DIST);
  const page = await context.newPage();
  const reports = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") reports.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => reports.push(`thrown: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "blob:" && url.origin !== new URL(address).origin) reports.push(`asked another: ${url.origin}`);
  });
  await page.addInitScript(() => {
    window.refusedByPolicy = [];
    document.addEventListener("securitypolicyviolation", (event) => {
      window.refusedByPolicy.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  await page.goto(address);
  return { page, context, reports };
}

/** For those who change the console: what was built last, in place of what the program was built with. */
async function replaced(context, folder) {
  await context.route(/\/console\/console\.(js|css)$/, async (route) => {
    const response = await route.fetch();
    const body = readFileSync(join(folder, new URL(route.request().url()).pathname));
    await route.fulfill({ response, body });
  });
}

/** Fails where the page reported anything, but for the refusals that a test asked for. */
export async function quiet({ page, reports }, expected = []) {
  const refused = await page.evaluate(() => window.refusedByPolicy);
  assert.deepEqual(refused, [], "the policy of the page refused something");
  const others = reports.filter((report) => !expected.some((pattern) => pattern.test(report)));
  assert.deepEqual(others, [], "the page reported something");
}

/** Fails where axe finds what some people can't use. */
export async function accessible(page, where) {
  await page.evaluate(AXE);
  const found = await page.evaluate((rules) => window.axe.run(document, { runOnly: { type: "tag", values: rules } }), RULES);
  // A place on the page may be small: the row of its field does the same (WCAG 2.5.8, "equivalent").
  const isSmallPlace = (id, node) => id === "target-size" && node.html.startsWith("<polygon");
  const violations = found.violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.filter((node) => !isSmallPlace(id, node)) }));
  const told = violations.filter(({ nodes }) => nodes.length > 0).map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((node) => `  ${node.html.slice(0, 160)}\n  ${node.failureSummary}`).join("\n")}`);
  assert.equal(told.join("\n"), "", `axe, ${where}`);
}

/** Fails where the page is wider than its window. */
export async function fits(page, where) {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= room, `${where}: ${wide} pixels wide in a window of ${room}`);
}

/** A picture of the page, for whoever looks at what a run left. */
export async function shot(page, name, options = {}) {
  await mkdir(ARTEFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTEFACTS, `${name}.png`), ...options });
}
