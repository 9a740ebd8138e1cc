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
 * The answers, with current values for the fields that were left alone. In a list, each value is left alone for itself: what
 * the sender added and removed happens to the current list.
 * @param now the same fields, if the form opened at this moment
 */
export function asOfNow<V extends Readonly<Record<string, Answer>>>(
  values: V,
  shown: Fields,
  now: Fields,
): V {
  const [before, current] = [openedWith(shown), openedWith(now)];
  const both = Object.keys(values).filter(
    (name) => Object.hasOwn(before, name) && Object.hasOwn(current, name),
  );
  return {
    ...values,
    ...Object.fromEntries(
      both.map((name) => {
        const answer = merged(values[name], before[name], current[name]);
        // What each of two took out of a list may be all of it.
        return [name, answer ?? (now[name]?.optional ? undefined : values[name])];
      }),
    ),
  };
}

function merged(sent: Answer, before: Answer, now: Answer): Answer {
  if (isSame(sent, before)) return now;
  if (![sent, before, now].some((each) => Array.isArray(each))) return sent;
  const [those, current] = [new Set(listOf(before)), new Set(listOf(now))];
  const list = [
    ...listOf(sent).filter((each) => current.has(each) || !those.has(each)),
    ...listOf(now).filter((each) => !those.has(each)), // What others added.
  ];
  return list.length > 0 ? [...new Set(list)] : undefined;
}

const listOf = (answer: Answer): readonly string[] => [answer ?? []].flat();

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
