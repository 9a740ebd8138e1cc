/**
 * Answers to a form that another person's change has overtaken. Only the fields that the sender changed count. The fields
 * that they *left alone* keep their current value.
 */
import { type Fields, initialAnswers, readValues } from './form.ts';

type Answer = string | readonly string[] | undefined;

/**
 * The names of the fields whose answer equals the initial one.
 * @param shown the fields as they were shown; other names never count as left alone
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
 * The answers, with current values for the fields that were left alone.
 * @param now the same fields, if the form opened at this moment
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

/** The initial value of each field, in the format of its answer. */
function openedWith(fields: Fields): Readonly<Record<string, Answer>> {
  const raw = initialAnswers(fields);
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const read = readValues({ [name]: { ...field, optional: true } }, raw);
      return [name, read.ok ? read.values[name] : undefined];
    }),
  );
}

/** The order of several values doesn't matter. */
function isSame(one: Answer, other: Answer): boolean {
  const [these, those] = [new Set([one].flat()), new Set([other].flat())];
  return these.size === those.size && [...these].every((each) => those.has(each));
}
