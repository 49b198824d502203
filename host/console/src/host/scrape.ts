// `/metrics`, asked again and again while somebody looks.
import { askText } from "./client";
import { type Metrics, parse } from "./metrics";

export async function scrape(signal: AbortSignal): Promise<Metrics> {
  const text = await askText("/metrics", { signal });
  return parse(text, performance.now());
}
