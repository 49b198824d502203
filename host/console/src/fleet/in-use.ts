// What the metrics tell of each document type: whether its adapter is in memory, how many documents were read.
import { Refusal } from "../host/client";
import { scrape } from "../host/scrape";

export interface InUse {
  /** The document types whose adapters are in memory. */
  loaded: ReadonlySet<string>;
  /** Documents of each type since the host's start. */
  documents: ReadonlyMap<string, number>;
}

/** What is in use; null where this listener has no metrics. */
export async function inUse(signal: AbortSignal): Promise<InUse | null> {
  try {
    const metrics = await scrape(signal);
    const there = metrics.all("vllm:lora_adapter_loaded", { level: "gpu" });
    const documents = new Map<string, number>();
    for (const { labels, value } of metrics.all("dossier_documents_total")) {
      const name = labels.document_type ?? "";
      documents.set(name, (documents.get(name) ?? 0) + value);
    }
    return { loaded: new Set(there.map(({ labels }) => labels.adapter_name ?? "")), documents };
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}
