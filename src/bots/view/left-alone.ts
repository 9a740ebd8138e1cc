/**
 * Answers to a form that is older than what it is about: somebody else may have changed that while the form was open.
 * Whoever sends it means the fields that they changed; a field that they *left alone* is to stay as it is now.
 */
import { type Fields, initialAnswers, readValues } from './form.ts';

type Answer = string | readonly string[] | undefined;

/**
 * The names of the fields whose answer is what the form opened with.
 * @param shown the fields as they were shown; a name that is not among them is none that was left alone
 */
export function leftAlone(
  values: Readonly<Record<string, Answer>>,
  shown: Fields,
): ReadonlySet<string> {
  const opened = openedWith(shown);
  return new Set(
    Object.keys(values).filter(
      (name) => Object.hasOwn(opened, name) && isSame(values[name], opened[name]),
    ),
  );
}

/**
 * The answers, with what was left alone as it is now.
 * @param now the same fields as they would open at this moment
 */
export function asOfNow<V extends Readonly<Record<string, Answer>>>(
  values: V,
  shown: Fields,
  now: Fields,
): V {
  const opened = openedWith(now);
  const newer = [...leftAlone(values, shown)].filter((name) => Object.hasOwn(opened, name));
  return { ...values, ...Object.fromEntries(newer.map((name) => [name, opened[name]])) };
}

/** What each field holds when the form opens, as its answer would come back. */
function openedWith(fields: Fields): Readonly<Record<string, Answer>> {
  const raw = initialAnswers(fields);
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const read = readValues({ [name]: { ...field, optional: true } }, raw);
      return [name, read.ok ? read.values[name] : undefined];
    }),
  );
}

/** Several are the same in any order. */
function isSame(one: Answer, other: Answer): boolean {
  const [these, those] = [new Set([one].flat()), new Set([other].flat())];
  return these.size === those.size && [...these].every((each) => those.has(each));
}
