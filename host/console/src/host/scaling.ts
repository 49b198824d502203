// What the model's own confidence becomes. Without a page, so that it can be tested alone.

/** `sigmoid(slope * logit(confidence) + intercept)`, of a field. */
export interface Scaling {
  field: string;
  slope: number;
  intercept: number;
}

const NEAREST = 1e-6;
const STEPS = 48;

/** What a confidence becomes; as the host computes it. */
export function scaled({ slope, intercept }: Scaling, confidence: number): number {
  const share = Math.min(Math.max(confidence, NEAREST), 1 - NEAREST);
  return 1 / (1 + Math.exp(-(slope * Math.log(share / (1 - share)) + intercept)));
}

/** The curve in a square of 100 by 100, its origin below on the left. */
export function curveOf(scaling: Scaling): string {
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const confidence = step / STEPS;
    return `${step === 0 ? "M" : "L"}${(100 * confidence).toFixed(2)} ${(100 - 100 * scaled(scaling, confidence)).toFixed(2)}`;
  }).join("");
}
