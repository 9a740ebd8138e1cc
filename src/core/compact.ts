/** What is there of it: `compact([title, isLate && warning])`. */
export const compact = <T>(items: readonly (T | Absent)[]): T[] =>
  items.filter((item): item is T => !ABSENT.has(item));

type Absent = false | null | undefined | '';
const ABSENT: ReadonlySet<unknown> = new Set<Absent>([false, null, undefined, '']);
