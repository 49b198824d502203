/**
 * Reads a document of one page or several, and says what to do with it.
 *
 *     DOSSIER_URL=http://127.0.0.1:8080 node read-a-document.js page-1.png [page-2.png ...]
 */
import { openAsBlob } from "node:fs";

import { Client, Problem, type ClientOptions } from "../src/index.js";

const { DOSSIER_URL: url = "http://127.0.0.1:8080", DOSSIER_TOKEN: token } = process.env;
const options: ClientOptions = token === undefined ? {} : { token };
const host = new Client(url, options);
try {
  const pages = await Promise.all(process.argv.slice(2).map((path) => openAsBlob(path)));
  const document = await host.extract(pages);
  console.log(`${document.document_type}: ${document.verdict}`);
  // This prints what is personal: it is what this program is for.
  for (const field of document.fields) console.log(`  ${field.name}: ${field.value}`);
  for (const check of document.unpassed) console.log(`  ${check.outcome}: ${check.code}: ${check.message}`);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.log(`refused: ${error.detail} (${error.code}, request ${error.requestId})`);
  process.exitCode = 1;
}
