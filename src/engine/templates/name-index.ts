/**
 * Names that a template can't tell apart: `{{zoom.id}}` may be the name `zoom.id`, or the `id` in the value of `zoom`. So two
 * names clash when they are the same, or when one is the other up to one of its dots.
 */

export interface NameIndex<T> {
  exactly(name: string): readonly T[];
  /** The same name first; then shorter ones, then longer ones. */
  clashing(name: string): readonly T[];
}

/** The time is linear in the length of the names, however many of them clash. */
export function nameIndex<T extends { readonly name: string }>(all: readonly T[]): NameIndex<T> {
  const exact = new Map<string, T[]>();
  const longer = new Map<string, T[]>();
  for (const each of all) {
    add(exact, each.name, each);
    for (const before of shorterThan(each.name)) add(longer, before, each);
  }
  const exactly = (name: string): readonly T[] => exact.get(name) ?? [];
  return {
    exactly,
    clashing: (name) => [
      ...exactly(name),
      ...shorterThan(name).flatMap(exactly),
      ...(longer.get(name) ?? []),
    ],
  };
}

function add<T>(index: Map<string, T[]>, name: string, each: T): void {
  const there = index.get(name);
  if (there) there.push(each);
  else index.set(name, [each]);
}

/** `a` and `a.b` of `a.b.c`. */
function shorterThan(name: string): readonly string[] {
  const shorter: string[] = [];
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1))
    shorter.push(name.slice(0, dot));
  return shorter;
}
