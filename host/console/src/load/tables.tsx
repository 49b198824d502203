// What is in memory, what was refused and what rules did, as tables.
import type { JSX } from "preact";
import type { Metrics } from "../host/metrics";
import { Bar, Panel, Scroll, Tag, bytes, duration } from "../ui/parts";
import { WINDOW_SECONDS, type Watch, risen } from "./watch";

/** Rows of a table here; whoever wants more asks `/metrics`. */
const MOST_ROWS = 12;

/** Which adapters are where, and how often one had to be waited for. */
export function Adapters({ metrics }: { metrics: Metrics }): JSX.Element | null {
  const held = metrics.one("dossier_adapters_bytes");
  const most = metrics.one("dossier_adapters_limit_bytes");
  if (held === null || most === null) return null;
  const [hits, misses] = ["hit", "miss"].map((outcome) => metrics.sum("dossier_adapter_leases_total", { outcome })) as [number, number];
  const placed = new Map<string, string[]>();
  for (const { labels } of metrics.all("vllm:lora_adapter_loaded")) {
    const name = labels.adapter_name ?? "";
    placed.set(name, [...(placed.get(name) ?? []), labels.level ?? ""]);
  }
  const info = metrics.all("vllm:lora_requests_info")[0]?.labels;
  const running = new Set((info?.running_lora_adapters ?? "").split(",").filter((name) => name !== ""));
  const waiting = new Set((info?.waiting_lora_adapters ?? "").split(",").filter((name) => name !== ""));
  return (
    <Panel
      title="Adapters in memory"
      aside={
        <span class="fine">
          {bytes(held)} of {bytes(most)} · found there {hits} times, waited for {misses} times ·{" "}
          {metrics.one("dossier_adapter_evictions_total") ?? 0} made room
        </span>
      }
    >
      <Bar part={most > 0 ? held / most : 0} />
      <ul class="adapters" aria-label="Adapters">
        {[...placed].sort(([a], [b]) => a.localeCompare(b)).map(([name, levels]) => (
          <li key={name}>
            <code>{name}</code>
            {running.has(name) && <Tag tone="good">in use</Tag>}
            {waiting.has(name) && <Tag tone="warn">waited for</Tag>}
            {!levels.includes("gpu") && <Tag tone="plain">files only</Tag>}
          </li>
        ))}
      </ul>
      {placed.size === 0 && <p class="muted">None is in memory.</p>}
    </Panel>
  );
}

/** What requests came to. */
export function Refusals({ watch }: { watch: Watch }): JSX.Element {
  const rows = risen(watch, "dossier_requests_total", ["route", "status", "code"]).filter(({ key }) => key[1] !== "2xx" || key[2] !== "ok");
  const all = risen(watch, "dossier_requests_total", ["route", "status", "code"]);
  const shown = (rows.length > 0 ? rows : all).slice(0, MOST_ROWS);
  return (
    <Panel title={rows.length > 0 ? "Refusals" : "Requests"} aside={<span class="fine">last {WINDOW_SECONDS} s, and since the start</span>}>
      <Scroll label="Requests by what they came to">
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">Route</th>
              <th scope="col">Code</th>
              <th scope="col" class="right">
                Of late
              </th>
              <th scope="col" class="right">
                All
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ key: [route, status, code], count, total }) => (
              <tr key={`${route} ${status} ${code}`}>
                <th scope="row">
                  <code>{route}</code>
                </th>
                <td>
                  <Tag tone={status === "5xx" ? "bad" : status === "4xx" ? "warn" : "good"}>{code}</Tag>
                </td>
                <td class="right number">{count}</td>
                <td class="right number">{total}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}

/** What calls of rules came to. */
export function Rules({ watch }: { watch: Watch }): JSX.Element {
  const calls = risen(watch, "dossier_rules_calls_total", ["component", "outcome"]).filter(({ total }) => total > 0);
  const times = new Map(risen(watch, "dossier_rules_seconds_total", ["component"]).map(({ key, total }) => [key[0] ?? "", total]));
  const names = [...new Set(calls.map(({ key }) => key[0] ?? ""))].slice(0, MOST_ROWS);
  return (
    <Panel title="Rules" aside={<span class="fine">calls for documents</span>}>
      {names.length === 0 ? (
        <p class="muted">No rules were called yet.</p>
      ) : (
        <Scroll label="Calls of rules">
          <table class="rows">
            <thead>
              <tr>
                <th scope="col">Rules</th>
                <th scope="col" class="right">
                  Answered
                </th>
                <th scope="col">Otherwise</th>
                <th scope="col" class="right">
                  Mean
                </th>
              </tr>
            </thead>
            <tbody>
              {names.map((name) => {
                const of = calls.filter(({ key }) => key[0] === name);
                const all = of.reduce((sum, { total }) => sum + total, 0);
                const others = of.filter(({ key }) => key[1] !== "answered");
                return (
                  <tr key={name}>
                    <th scope="row">
                      <code>{name}</code>
                    </th>
                    <td class="right number">{of.find(({ key }) => key[1] === "answered")?.total ?? 0}</td>
                    <td>
                      {others.length === 0 && <span class="muted">none</span>}
                      {others.map(({ key, total }) => (
                        <Tag key={key[1]} tone={key[1] === "refused" ? "plain" : "bad"}>
                          {total} {key[1]?.replaceAll("_", " ")}
                        </Tag>
                      ))}
                    </td>
                    <td class="right number">{duration(((times.get(name) ?? 0) / all) * 1000)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Scroll>
      )}
    </Panel>
  );
}
