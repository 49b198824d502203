/** When a call is tried again. Nothing here sends or sleeps. */
import { DeadlineExceeded, Problem, UnexpectedAnswer, Unreachable } from "./problems.js";

const MOST_ATTEMPTS = 20;
const LONGEST_SECONDS = 3600;

/** How often, and how long after each other, in seconds. `maxAttempts: 1` tries nothing again. */
export interface RetryPolicy {
  maxAttempts: number;
  /** Doubled with every attempt; a wait is between half of it and all of it, by chance. */
  firstWait: number;
  longestWait: number;
  /** A host that says to come back later than this is not waited for: its problem is thrown at once. */
  longestRetryAfter: number;
}

export const RETRY: RetryPolicy = { maxAttempts: 4, firstWait: 0.25, longestWait: 8, longestRetryAfter: 60 };

export function policy(changed: Partial<RetryPolicy>): RetryPolicy {
  const made = { ...RETRY, ...changed };
  if (!Number.isInteger(made.maxAttempts) || made.maxAttempts < 1 || made.maxAttempts > MOST_ATTEMPTS) {
    throw new RangeError(`maxAttempts must be 1 to ${MOST_ATTEMPTS}`);
  }
  for (const name of ["firstWait", "longestWait", "longestRetryAfter"] as const) {
    if (!(made[name] >= 0 && made[name] <= LONGEST_SECONDS)) {
      throw new RangeError(`${name} must be 0 to ${LONGEST_SECONDS} seconds`);
    }
  }
  return made;
}

/** The attempts of one call, within its time. */
export class Attempts {
  made = 0;
  /** Whether the host may have done what an attempt asked for, and its answer was lost. */
  wasLost = false;
  readonly #ends: number;

  constructor(
    private readonly retry: RetryPolicy,
    seconds: number,
    private readonly isRepeatable: boolean,
    private readonly clock: () => number = () => performance.now() / 1000,
    private readonly chance: () => number = Math.random,
  ) {
    if (!(seconds > 0 && seconds <= LONGEST_SECONDS)) {
      throw new RangeError(`timeout must be more than 0 and at most ${LONGEST_SECONDS} seconds`);
    }
    this.#ends = clock() + seconds;
  }

  /** Counts an attempt, and gives the seconds that are left for it. */
  begin(): number {
    const left = this.#ends - this.clock();
    if (left <= 0) throw new DeadlineExceeded(`no answer in time, after ${this.made} attempts`);
    this.made += 1;
    return left;
  }

  /** How many seconds to wait before the next attempt. Throws the error where there is to be none. */
  waitAfter(error: unknown): number {
    this.wasLost ||= error instanceof Unreachable && error.wasSent;
    const wait = this.#wait(error);
    if (wait === undefined || this.clock() + wait >= this.#ends) throw error;
    return wait;
  }

  #wait(error: unknown): number | undefined {
    if (this.made >= this.retry.maxAttempts || !this.#mayPass(error)) return undefined;
    const longest = Math.min(this.retry.firstWait * 2 ** (this.made - 1), this.retry.longestWait);
    const wait = longest * (0.5 + 0.5 * this.chance());
    const isTold = error instanceof Problem || error instanceof UnexpectedAnswer;
    const after = isTold ? error.retryAfter : undefined;
    if (after === undefined) return wait;
    // Those who were told the same time must not come back together.
    return after > this.retry.longestRetryAfter ? undefined : after + wait;
  }

  #mayPass(error: unknown): boolean {
    // A refusal says that nothing was done, but for these.
    if (error instanceof Problem) return error.mayPass && (this.isRepeatable || [408, 429, 503].includes(error.status));
    if (error instanceof UnexpectedAnswer) return error.mayPass && (this.isRepeatable || error.status === 429);
    return error instanceof Unreachable && (this.isRepeatable || !error.wasSent);
  }
}
