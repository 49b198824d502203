import { describe, expect, it } from "vitest";
import { LANGUAGES, snippet } from "./snippets";

const asked = { origin: "http://127.0.0.1:8080", files: ["front.jpg"], documentType: "utopia/passport/2024", hasToken: false };

describe("a request to copy", () => {
  it("names host, file and type", () => {
    for (const language of LANGUAGES) {
      const text = snippet(language, asked);
      for (const part of ["http://127.0.0.1:8080/v1/extract", "front.jpg", "utopia/passport/2024"]) expect(text).toContain(part);
      expect(text).not.toContain("DOSSIER_TOKEN");
    }
  });

  it("names the variable of a token where there is one", () => {
    for (const language of LANGUAGES) expect(snippet(language, { ...asked, hasToken: true })).toContain("DOSSIER_TOKEN");
  });

  it("leaves the type out where the host finds it", () => {
    for (const language of LANGUAGES) expect(snippet(language, { ...asked, documentType: null })).not.toContain("document_type");
  });

  it("keeps a name a name, whatever stands in it", () => {
    const files = ["it's $(rm) \"a\"\\.jpg"];
    expect(snippet("curl", { ...asked, files })).toContain(`-F 'page=@"it'\\''s $(rm) \\"a\\"\\\\.jpg"'`);
    for (const language of ["Python", "TypeScript"] as const) {
      expect(snippet(language, { ...asked, files })).toContain('"it\'s $(rm) \\"a\\"\\\\.jpg"');
    }
  });
});
