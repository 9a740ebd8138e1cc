/** What is there of it: `compact([title, isLate && warning])`. Null stays, since it is a value of JSON. */
export const compact = <T>(items: readonly (T | Absent)[]): T[] =>
  items.filter((item): item is T => !ABSENT.has(item));

type Absent = false | undefined | '';
const ABSENT: ReadonlySet<unknown> = new Set<Absent>([false, undefined, '']);
