/** How much waits, as both databases say it. */

import type { Lane } from '../../engine/work/lanes.ts';
import { lanes } from '../../engine/work/lanes.ts';

/** What waits in one lane. */
export interface LaneDepth {
  readonly lane: Lane;
  /** Jobs that could be worked on now. */
  readonly due: number;
  /** Jobs whose time has not come. */
  readonly later: number;
  /** Seconds that the longest due of them has waited. */
  readonly oldestSeconds: number;
}

/** What a database counts of a lane; PostgreSQL's big numbers are texts. */
export interface DepthRow {
  readonly lane: string;
  readonly due: number | string;
  readonly later: number | string;
  /** Milliseconds UTC. */
  readonly oldest: number | string | null;
}

/** Every lane, also those where nothing waits. */
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
