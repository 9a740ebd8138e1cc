/** How many jobs wait, from both databases. */
import type { Lane } from '../../engine/work/lanes.ts';
import { lanes } from '../../engine/work/lanes.ts';

/** The waiting jobs of one lane. */
export interface LaneDepth {
  readonly lane: Lane;
  /** Jobs that are due now. */
  readonly due: number;
  readonly later: number;
  /** Seconds that the oldest due job has waited. */
  readonly oldestSeconds: number;
}

/** A database's counts for one lane. PostgreSQL's big numbers are texts. */
export interface DepthRow {
  readonly lane: string;
  readonly due: number | string;
  readonly later: number | string;
  /** Milliseconds UTC. */
  readonly oldest: number | string | null;
}

/** Every lane, including empty ones. */
export function depthsOf(rows: readonly DepthRow[], at: number): readonly LaneDepth[] {
  return lanes.map((lane) => {
    const row = rows.find((each) => each.lane === lane);
    const oldest = row?.oldest ?? at;
    return {
      lane,
      due: Number(row?.due ?? 0),
      later: Number(row?.later ?? 0),
      oldestSeconds: Math.max(0, (at - Number(oldest)) / 1000),
    };
  });
}
