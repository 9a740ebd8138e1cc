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

/** The same for texts. @param most texts whose results are kept; those of others are made each time */
export function onceForText<T>(most: number, make: (text: string) => T): (text: string) => T {
  const known = new Map<string, { readonly result: T }>();
  return (text) => {
    const before = known.get(text);
    if (before) return before.result;
    const result = make(text);
    if (known.size < most) known.set(text, { result });
    return result;
  };
}
