/** What a bench measured, as one line of a table. */
export interface Figure {
  /** What was measured, and of how many. */
  readonly what: string;
  readonly value: string;
  /** What it should be; left out where nothing was promised. */
  readonly aim?: string;
}

/** `median 5.1 ms, p99 20.0 ms, slowest 30.2 ms` */
export function inWords(times: readonly number[]): string {
  const at = (share: number) => `${quantile(times, share).toFixed(1)} ms`;
  return `median ${at(0.5)}, p99 ${at(0.99)}, slowest ${at(1)}`;
}

/** @param share 0.5 is the median, 1 the largest; 0 where there is none */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
}

/** As Markdown, which reads well in a terminal too. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, value, aim = '' }) => `| ${what} | ${value} | ${aim} |`);
  return ['| what | measured | aim |', '|---|---|---|', ...rows, ''].join('\n');
}
