/** Documents as a caller has them. */

/** A page: what a file input or `fs.openAsBlob` gives, or bytes. */
export type Page = Blob | ArrayBuffer | Uint8Array;
export type Pages = Page | Iterable<Page>;

/** What must serve a request: where something else would, it is refused with `generation.changed`. */
export interface Conditions {
  generation?: number;
  base?: string;
  adapter?: string;
  rules?: string;
}

/** A document of a job: its type must be named, for nobody is there to be asked. */
export interface DocumentToRead {
  documentType: string;
  pages: Pages;
  fields?: readonly string[];
}

/** Who is told once a job is done with. `secret` is `whsec_` and the base64 of 24 to 64 bytes. */
export interface Webhook {
  url: string;
  secret?: string;
}

export function blobsOf(pages: Pages): Blob[] {
  const many = isPage(pages) ? [pages] : [...pages];
  return many.map((page) => (page instanceof Blob ? page : new Blob([page as BlobPart])));
}

export async function base64Of(pages: Pages): Promise<string[]> {
  return Promise.all(blobsOf(pages).map(async (page) => encode(new Uint8Array(await page.arrayBuffer()))));
}

export function headersOf(conditions: Conditions): Record<string, string> {
  const named = Object.entries(conditions).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named.map(([name, value]) => [`if-${name}`, String(value)]));
}

function isPage(pages: Pages): pages is Page {
  return pages instanceof Blob || pages instanceof ArrayBuffer || pages instanceof Uint8Array;
}

function encode(bytes: Uint8Array): string {
  // In pieces: a call takes only so many arguments. A multiple of three, so that the pieces join.
  const piece = 3 * 8192;
  let text = "";
  for (let at = 0; at < bytes.length; at += piece) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + piece)));
  }
  return text;
}
