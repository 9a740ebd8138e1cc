/** Finds keys that stand twice in one object. JSON takes the last one, so what the first one says is lost silently. */
import { type Problem, placeOf } from './problem.ts';

interface Opened {
  readonly path: readonly PropertyKey[];
  /** Of an object: the keys so far. Undefined in a list. */
  readonly keys: Set<string> | undefined;
  /** The key or the index of the value that comes next. */
  next: PropertyKey;
}

/** Texts, each with a colon where it is a key, and the signs that open, close and separate. */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}[\],]/g;

/** @param text valid JSON */
export function keysTwice(text: string): readonly Problem[] {
  const problems: Problem[] = [];
  const open: Opened[] = [];
  for (const [sign, string, colon] of text.matchAll(TOKEN)) {
    const around = open.at(-1);
    if (sign === '{' || sign === '[') {
      const path = around ? [...around.path, around.next] : [];
      open.push({
        path,
        ...(sign === '{' ? { keys: new Set(), next: '' } : { keys: undefined, next: 0 }),
      });
    } else if (sign === '}' || sign === ']') open.pop();
    else if (!around) continue;
    else if (sign === ',' && typeof around.next === 'number') around.next += 1;
    else if (around.keys && string !== undefined && colon !== undefined) {
      const key = JSON.parse(string) as string;
      around.next = key;
      if (around.keys.has(key))
        problems.push({
          place: placeOf([...around.path, key]),
          message: 'stands here twice, and only the last one counts; keep one',
        });
      around.keys.add(key);
    }
  }
  return problems;
}
