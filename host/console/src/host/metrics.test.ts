import { describe, expect, it } from "vitest";
import { classes, parse, quantile, rise } from "./metrics";

const TEXT = `# HELP dossier_ready 1 while requests are wanted
# TYPE dossier_ready gauge
dossier_ready 1
vllm:lora_adapter_loaded{adapter_name="utopia/passport/2024",level="gpu",pinned="false"} 1
odd{text="a \\"b\\" \\\\ c\\nd, e}"} 2.5e-3
seconds_bucket{le="0.1"} 2
seconds_bucket{le="1.0"} 4
seconds_bucket{le="+Inf"} 5
`;

describe("the text of metrics", () => {
  const metrics = parse(TEXT, 0);

  it("has names, labels and values", () => {
    expect(metrics.one("dossier_ready")).toBe(1);
    expect(metrics.one("vllm:lora_adapter_loaded", { level: "gpu" })).toBe(1);
    expect(metrics.one("vllm:lora_adapter_loaded", { level: "cpu" })).toBeNull();
    expect(metrics.all("odd")[0]).toEqual({ labels: { text: 'a "b" \\ c\nd, e}' }, value: 0.0025 });
  });

  it("names what it can't read", () => {
    expect(() => parse("{} 1", 0)).toThrow("no metric");
    expect(() => parse('a{b=c} 1', 0)).toThrow("no label");
    expect(() => parse("a x", 0)).toThrow("no number");
    expect(() => parse("a", 0)).toThrow("no number");
  });
});

describe("a histogram", () => {
  const now = parse(TEXT, 0);

  it("has classes, without what was before", () => {
    expect(classes(now, null, "seconds").map(({ count }) => count)).toEqual([2, 2, 1]);
    const before = parse('seconds_bucket{le="0.1"} 2\nseconds_bucket{le="1.0"} 2\nseconds_bucket{le="+Inf"} 2\n', 0);
    expect(classes(now, before, "seconds").map(({ count }) => count)).toEqual([0, 2, 1]);
  });

  it("tells quantiles", () => {
    expect(quantile(classes(now, null, "seconds"), 0.4)).toBeCloseTo(0.1);
    expect(quantile(classes(now, null, "seconds"), 0.6)).toBeCloseTo(0.55);
    expect(quantile(classes(now, null, "seconds"), 0.99)).toBe(1);
    expect(quantile([], 0.5)).toBeNull();
  });
});

describe("a counter", () => {
  it("that fell began anew", () => {
    expect(rise(7, 5)).toBe(2);
    expect(rise(3, 5)).toBe(3);
  });
});
