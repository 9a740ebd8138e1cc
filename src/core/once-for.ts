/** What follows from a value that never changes, worked out once. */

/** Remembers the result for as long as the object lives. @param make must depend on nothing but the object */
export function onceFor<K extends object, T>(make: (key: K) => T): (key: K) => T {
  const known = new WeakMap<K, { readonly result: T }>();
  return (key) => {
    const before = known.get(key);
    if (before) return before.result;
    const result = make(key);
    known.set(key, { result });
    return result;
  };
}

/**
 * The same for texts.
 * @param most how many texts are kept: always those that were asked for last, and at most as many older ones
 */
export function onceForText<T>(most: number, make: (text: string) => T): (text: string) => T {
  let known = new Map<string, { readonly result: T }>();
  let older: typeof known = new Map();
  return (text) => {
    const before = known.get(text);
    if (before) return before.result;
    const kept = older.get(text) ?? { result: make(text) };
    if (known.size >= most) {
      older = known;
      known = new Map();
    }
    known.set(text, kept);
    return kept.result;
  };
}
