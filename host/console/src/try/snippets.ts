// The request as one would write it elsewhere. A token never stands in it: it names the variable that has one.

export interface Asked {
  origin: string;
  files: readonly string[];
  documentType: string | null;
  hasToken: boolean;
}

export type Language = "curl" | "Python" | "TypeScript";
export const LANGUAGES: readonly Language[] = ["curl", "Python", "TypeScript"];

const VARIABLE = "DOSSIER_TOKEN";

export function snippet(language: Language, asked: Asked): string {
  switch (language) {
    case "curl":
      return curl(asked);
    case "Python":
      return python(asked);
    case "TypeScript":
      return typescript(asked);
  }
}

/** A text for a shell: nothing in it means anything to one. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A text for Python and TypeScript, which both read what JSON writes. */
const literal = (text: string): string => JSON.stringify(text).replace(/[\u007f-\uffff]/g, escaped);

const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;

// curl reads `"` and `\` within the name of a form's file as its own.
const formFile = (name: string): string => quoted(`page=@"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);

function curl({ origin, files, documentType, hasToken }: Asked): string {
  const lines = [`curl ${quoted(`${origin}/v1/extract`)}`];
  if (hasToken) lines.push(`-H "Authorization: Bearer $${VARIABLE}"`);
  for (const file of files) lines.push(`-F ${formFile(file)}`);
  if (documentType !== null) lines.push(`-F ${quoted(`document_type=${documentType}`)}`);
  return `${lines.join(" \\\n  ")}\n`;
}

function python({ origin, files, documentType, hasToken }: Asked): string {
  const pages = files.map((file) => `    ("page", open(${literal(file)}, "rb")),\n`).join("");
  const options = [
    `    ${literal(`${origin}/v1/extract`)},\n`,
    "    files=pages,\n",
    ...(documentType === null ? [] : [`    data={"document_type": ${literal(documentType)}},\n`]),
    ...(hasToken ? [`    headers={"Authorization": f"Bearer {os.environ['${VARIABLE}']}"},\n`] : []),
  ];
  return (
    `${hasToken ? "import os\n\n" : ""}import requests  # pip install requests\n\n` +
    `pages = [\n${pages}]\nresponse = requests.post(\n${options.join("")})\n` +
    "response.raise_for_status()\n" +
    'for field in response.json()["fields"]:\n    print(field["name"], field["value"])\n'
  );
}

function typescript({ origin, files, documentType, hasToken }: Asked): string {
  const pages = files
    .map((file) => `form.append("page", await openAsBlob(${literal(file)}), ${literal(file)});\n`)
    .join("");
  const type = documentType === null ? "" : `form.append("document_type", ${literal(documentType)});\n`;
  const headers = hasToken ? `  headers: { authorization: \`Bearer \${process.env.${VARIABLE}}\` },\n` : "";
  return (
    'import { openAsBlob } from "node:fs"; // Node 20 or newer\n\n' +
    `const form = new FormData();\n${pages}${type}` +
    `const response = await fetch(${literal(`${origin}/v1/extract`)}, {\n  method: "POST",\n${headers}  body: form,\n});\n` +
    "if (!response.ok) throw new Error(await response.text());\n" +
    "const answer = await response.json();\n" +
    "for (const field of answer.fields) console.log(field.name, field.value);\n"
  );
}
