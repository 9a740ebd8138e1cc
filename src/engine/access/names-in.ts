/** The names that the templates of requests use. */
import { isJsonObject, type Json } from '../../core/json.ts';
import { namesUsed, parseTemplate } from '../templates/template.ts';

/** As they are written: ids may have dots, and values may have parts. @param value templates, in lists and objects */
export function fullNamesIn(value: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  const walk = (each: unknown): void => {
    if (typeof each === 'string') for (const name of namesOf(each)) names.add(name);
    else if (Array.isArray(each)) each.forEach(walk);
    else if (isJsonObject(each as Json))
      for (const [key, inner] of Object.entries(each as object)) {
        walk(key);
        walk(inner);
      }
  };
  walk(value);
  return names;
}

/** All names in templates inside `value`, whole and before the first dot. */
export const namesIn = (value: unknown): ReadonlySet<string> =>
  new Set([...fullNamesIn(value)].flatMap((name) => [name.split('.')[0] ?? name, name]));

function namesOf(template: string): readonly string[] {
  if (!template.includes('{{')) return [];
  const parsed = parseTemplate(template);
  return parsed.ok ? namesUsed(parsed.tokens) : [];
}
