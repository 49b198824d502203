// Which adapters are in memory, by the document types that have them.
import { Refusal } from "../host/client";
import { scrape } from "../host/scrape";

/** The document types whose adapters are in memory; null where this listener has no metrics. */
export async function inMemory(signal: AbortSignal): Promise<ReadonlySet<string> | null> {
  try {
    const metrics = await scrape(signal);
    const there = metrics.all("vllm:lora_adapter_loaded", { level: "gpu" });
    return new Set(there.map(({ labels }) => labels.adapter_name ?? ""));
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}
