import { describe, expect, it } from "vitest";
import { parse } from "../host/metrics";
import { MOST_POINTS, NOTHING, added, risen } from "./watch";

const look = (at: number, documents: number, requests = documents) =>
  parse(
    `dossier_documents_total{document_type="a/b/1",verdict="accepted"} ${documents}\n` +
      `dossier_requests_total{route="/v1/extract",status="2xx",code="ok"} ${requests}\n` +
      `dossier_requests_total{route="unknown",status="4xx",code="route.unknown"} 3\n` +
      `dossier_request_duration_seconds_bucket{route="/v1/extract",le="1.0"} ${documents}\n` +
      `dossier_request_duration_seconds_bucket{route="/v1/extract",le="+Inf"} ${documents}\n` +
      "dossier_documents_in_work 4\n",
    at,
  );

describe("what is watched", () => {
  it("tells rates from two looks", () => {
    const first = added(NOTHING, look(0, 10));
    expect(first.points[0]).toMatchObject({ inWork: 4, documentsPerSecond: null });
    const second = added(first, look(2000, 16));
    expect(second.points[1]).toMatchObject({ documentsPerSecond: 3, refusedPerSecond: 0, p50: 0.5 });
  });

  it("is bounded", () => {
    let watch = NOTHING;
    for (let number = 0; number < MOST_POINTS + 20; number += 1) watch = added(watch, look(number * 2000, number));
    expect(watch.points).toHaveLength(MOST_POINTS);
    expect(watch.looks).toHaveLength(30);
  });

  it("begins anew with the host", () => {
    const watch = added(added(NOTHING, look(0, 10)), look(2000, 1));
    expect(watch.looks).toHaveLength(1);
    expect(watch.points[1]).toMatchObject({ documentsPerSecond: null });
  });

  it("tells what rose, the most first", () => {
    const watch = added(added(NOTHING, look(0, 10)), look(2000, 16));
    expect(risen(watch, "dossier_requests_total", ["status", "code"])).toEqual([
      { key: ["2xx", "ok"], count: 6, total: 16 },
      { key: ["4xx", "route.unknown"], count: 0, total: 3 },
    ]);
  });
});
