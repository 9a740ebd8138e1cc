/** Until when: `until Friday`, `for 3 days`, `bis 12. Dezember`. A day that can mean two is not guessed. */
import { isDay } from '../../../core/day.ts';
import { addDays, addMonths, dayOfWeek } from '../../../core/days.ts';
import { fold } from '../../../core/fold.ts';
import { HOURS_A_DAY, MAX_HOURS } from '../../../core/hours.ts';
import { onceFor } from '../../../core/once-for.ts';
import { languages } from '../../../core/translate.ts';
import type { WishedEnd } from '../access/length-fields.ts';
import { dateOf, dayOfMonth, eitherWay, endOfMonth, lastWorkingDay } from './dates.ts';
import type { EndWords, Unit } from './language.ts';

export interface FoundEnd {
  /** Undefined where the words only say that it begins now. */
  readonly end: WishedEnd | undefined;
  /** The day on which something is, as they say: `on Friday`. An ISO date; undefined where they name no single one. */
  readonly day: string | undefined;
  /** They say on which day something is: neither how long, nor until when, nor at what time. */
  readonly isDay: boolean;
  /** The words that say it: from this one to before that one. */
  readonly from: number;
  readonly to: number;
}

/** What days are counted by. */
export interface Present {
  /** The person's; an ISO date. */
  readonly today: string;
  /** The workspace's; 1 is Monday. */
  readonly weekend: readonly number[];
}

/** In characters. */
interface Read {
  readonly end: WishedEnd | undefined;
  readonly day?: string | undefined;
  readonly isDay?: boolean;
  readonly at: number;
  readonly length: number;
}

const UNCLEAR: WishedEnd = { unclear: true };

/** @param words plain ones */
export function readEnd(
  words: readonly string[],
  language: EndWords,
  present: Present,
): FoundEnd | undefined {
  const text = words.join(' ');
  const grammar = grammarOf(language);
  const read =
    untilDay(text, grammar, present) ??
    lengthFromThen(text, grammar, present) ??
    aDay(text, grammar, present.today) ??
    noEnd(text, grammar, present);
  if (!read) return undefined;
  const from = countOf(text.slice(0, read.at));
  return {
    end: read.end,
    day: read.day,
    isDay: read.isDay ?? false,
    from,
    to: from + countOf(text.slice(read.at, read.at + read.length)),
  };
}

const dayOf = (end: WishedEnd | undefined): string | undefined =>
  end && 'until' in end ? end.until : undefined;

/** The day that these words are, undefined in it where that can be several. @returns undefined where they are none */
export function readDay(
  words: readonly string[],
  language: EndWords,
  present: Present,
): { readonly day: string | undefined } | undefined {
  const text = words.join(' ');
  const read = dayAt(text, grammarOf(language), present);
  return read?.length === text.length && read.isDay ? { day: dayOf(read.end) } : undefined;
}

const countOf = (text: string): number => text.split(' ').filter(Boolean).length;

/** `until Friday`, `from today until Friday`. Where the day isn't clear, the rest of the sentence is about it. */
function untilDay(text: string, grammar: Grammar, present: Present): Read | undefined {
  const begin = grammar.until.exec(text);
  if (!begin) return undefined;
  const at = grammar.fromNow.exec(text.slice(0, begin.index))?.index ?? begin.index;
  const after = begin.index + begin[0].length;
  const tail = text.slice(after);
  const day = dayAt(tail, grammar, present) ?? { end: UNCLEAR, isDay: false, length: tail.length };
  // `from Monday until Friday`: nothing here begins later.
  const isLater = grammar.noEnd.test(text.slice(0, at));
  return { end: isLater ? UNCLEAR : day.end, at, length: after - at + day.length };
}

/** `for 3 days`, `for a week`, `2 weeks`, `zwei Wochen lang`. A number in a word is also an article, so `a week` alone is no length. */
function aLength(text: string, { words, eachLength }: Grammar, today: string): Read | undefined {
  for (const found of text.matchAll(eachLength)) {
    const { during, odd, digits, number = '', after, ...units } = found.groups ?? {};
    const unit = (Object.keys(units) as Unit[]).find((each) => units[each]);
    if (!unit || (during ?? odd ?? digits ?? after) === undefined) continue;
    const count = digits === undefined ? words.numbers[number] : Number(digits);
    return {
      end: odd === undefined ? lengthOf(count ?? 0, unit, today) : UNCLEAR,
      at: found.index,
      length: found[0].length,
    };
  }
  return undefined;
}

/** `for 3 days starting tomorrow`, `ab Montag für eine Woche`: nothing here begins later. */
function lengthFromThen(text: string, grammar: Grammar, present: Present): Read | undefined {
  const read = aLength(text, grammar, present.today);
  if (!read) return undefined;
  const last = read.at + read.length;
  const isBeside = (from: number, to: number) => text.slice(from, to).trim() === '';
  const before = noEnd(text.slice(0, read.at), grammar, present);
  if (before && isBeside(before.at + before.length, read.at))
    return { end: UNCLEAR, at: before.at, length: last - before.at };
  const after = noEnd(text.slice(last), grammar, present);
  return after && isBeside(last, last + after.at)
    ? { end: UNCLEAR, at: read.at, length: read.length + after.at + after.length }
    : read;
}

function lengthOf(count: number, unit: Unit, today: string): WishedEnd {
  if (unit === 'months' || unit === 'years')
    return within(addMonths(today, unit === 'months' ? count : count * 12), today);
  const hours = { hours: 1, days: HOURS_A_DAY, weeks: 7 * HOURS_A_DAY }[unit] * count;
  return hours > 0 && hours <= MAX_HOURS ? { hours } : UNCLEAR;
}

/** `today`, `for tomorrow`: the access is needed on that day. */
function aDay(text: string, grammar: Grammar, today: string): Read | undefined {
  const found = grammar.day.exec(text);
  if (!found) return undefined;
  const days = grammar.words.days[found.groups?.['day'] ?? ''] ?? 0;
  const isBeginning = found.groups?.['noEnd'] !== undefined;
  const isOn = found.groups?.['during'] === undefined;
  return {
    end: isBeginning ? (days === 0 ? undefined : UNCLEAR) : { until: addDays(today, days) },
    day: isOn && !isBeginning ? addDays(today, days) : undefined,
    isDay: isOn,
    at: found.index,
    length: found[0].length,
  };
}

/** `on Friday`, `by 12 Dec`, `next week`: a day, and not the last one. */
function noEnd(text: string, grammar: Grammar, present: Present): Read | undefined {
  for (const begin of text.matchAll(grammar.eachNoEnd)) {
    const after = begin.index + begin[0].length;
    const day = dayAt(text.slice(after), grammar, present);
    if (day)
      return {
        end: UNCLEAR,
        // `before Friday` names another day.
        day: grammar.on.test(begin[0]) ? dayOf(day.end) : undefined,
        isDay: day.isDay,
        at: begin.index,
        length: begin[0].length + day.length,
      };
  }
  const vague = grammar.vague.exec(text);
  if (!vague) return undefined;
  const { during, vagueDay } = vague.groups ?? {};
  return {
    end: UNCLEAR,
    isDay: vagueDay !== undefined && during === undefined,
    at: vague.index,
    length: vague[0].length,
  };
}

interface Day {
  readonly end: WishedEnd;
  /** No time of day, and no length. */
  readonly isDay: boolean;
  readonly length: number;
}

/** The day with which the text begins. */
function dayAt(text: string, grammar: Grammar, { today, weekend }: Present): Day | undefined {
  const vague = grammar.vagueHere.exec(text);
  if (vague)
    return {
      end: UNCLEAR,
      isDay: vague.groups?.['vagueDay'] !== undefined,
      length: vague[0].length,
    };
  const before = grammar.before.exec(text)?.[0].length ?? 0;
  const rest = text.slice(before);
  for (const { form, read } of grammar.forms) {
    const found = form.exec(rest);
    if (!found) continue;
    const length = before + found[0].length;
    const time = grammar.time.exec(text.slice(length));
    if (time) return { end: UNCLEAR, isDay: false, length: length + time[0].length };
    const day = read(found.groups ?? {}, today, weekend);
    return { end: day === undefined ? UNCLEAR : within(day, today), isDay: true, length };
  }
  const time = grammar.timeHere.exec(rest);
  return time ? { end: UNCLEAR, isDay: false, length: before + time[0].length } : undefined;
}

/** More would be a mistake: no access is granted for longer. */
const MAX_DAYS = MAX_HOURS / HOURS_A_DAY;

const within = (day: string, today: string): WishedEnd =>
  isDay(day) && day >= today && day <= addDays(today, MAX_DAYS) ? { until: day } : UNCLEAR;

type Parts = Readonly<Record<string, string | undefined>>;

interface DayForm {
  readonly form: RegExp;
  /** Undefined where it can mean several days. */
  readonly read: (parts: Parts, today: string, weekend: Present['weekend']) => string | undefined;
}

interface Grammar {
  readonly words: EndWords;
  readonly until: RegExp;
  readonly fromNow: RegExp;
  readonly eachLength: RegExp;
  readonly day: RegExp;
  readonly noEnd: RegExp;
  readonly eachNoEnd: RegExp;
  readonly on: RegExp;
  readonly vague: RegExp;
  readonly vagueHere: RegExp;
  readonly before: RegExp;
  readonly time: RegExp;
  readonly timeHere: RegExp;
  readonly forms: readonly DayForm[];
}

const oneOf = (words: Iterable<string>): string =>
  [...words].toSorted((a, b) => b.length - a.length).join('|');

const grammarOf = onceFor((words: EndWords): Grammar => {
  const units = Object.entries(words.units).map(([unit, forms]) => `(?<${unit}>${forms})`);
  // `-3`, `1.5`, `2-3` are no whole numbers.
  const number = `(?:(?:(?<odd>[-−]\\d\\S*|\\d+(?:[-.,/–]\\d+)+)|(?<digits>\\d{1,4})) ?|(?<number>${oneOf(Object.keys(words.numbers))}) )`;
  const few = `(?:(?:${words.lengthBefore}) )?${number}(?:(?:${words.lengthAfter}) )?(?:${units.join('|')})`;
  const vague = (day: string) => `(?:${words.vague}|(?<vagueDay>${day}))(?!\\S)`;
  const length = `(?<!\\S)(?<during>(?:${words.during}) )?${few}(?: (?<after>${words.lengthAfter}))?(?!\\S| (?:${words.or}) )`;
  return {
    words,
    until: new RegExp(`(?<!\\S)(?:${words.until}) `),
    fromNow: new RegExp(`(?<!\\S)${words.fromNow} $`),
    eachLength: new RegExp(length, 'g'),
    day: new RegExp(
      `(?<!\\S)(?:(?<during>${words.during}) |(?<noEnd>(?:${words.noEnd}) ))?(?<day>${oneOf(Object.keys(words.days))})(?!\\S)`,
    ),
    noEnd: new RegExp(`(?<!\\S)(?:${words.noEnd}) \\S+ $`),
    eachNoEnd: new RegExp(`(?<!\\S)(?:${words.noEnd}) `, 'g'),
    on: new RegExp(`^(?:${words.on}) $`),
    vague: new RegExp(
      `(?<!\\S)(?:(?<during>${words.during}) )?${vague(`${words.vagueDay}|${words.endOfWeek}`)}`,
    ),
    vagueHere: new RegExp(`^${vague(words.vagueDay)}`),
    before: new RegExp(`^(?:(?:${words.before}) )+`),
    time: new RegExp(`^ (?:${words.time})(?!\\S)`),
    timeHere: new RegExp(`^(?:${words.time})(?!\\S)`),
    forms: formsOf(words),
  };
});

function formsOf(words: EndWords): readonly DayForm[] {
  const weekdays = namesOf('weekday');
  const months = namesOf('month');
  const weekday = `(?:${oneOf(weekdays.keys())})`;
  const month = `(?<month>${oneOf(months.keys())})`;
  const number = `(?<date>\\d{1,2})(?:${words.ordinal})?`;
  const year = '(?: (?<year>\\d{4}))?';
  const monthOf = ({ month: name = '' }: Parts) => (months.get(name) ?? 0) + 1;
  const aDate = (parts: Parts, today: string) =>
    dateOf({ year: parts['year'], month: monthOf(parts), date: Number(parts['date']) }, today);
  const form = (source: string) => new RegExp(`^(?:${source})(?!\\S)`);
  return [
    {
      form: form(`(?<day>${oneOf(Object.keys(words.days))})`),
      read: ({ day = '' }, today) => addDays(today, words.days[day] ?? 0),
    },
    {
      form: form(words.endOfWeek),
      read: (_, today, weekend) => lastWorkingDay(today, weekend),
    },
    { form: form(words.endOfMonth), read: (_, today) => endOfMonth(today) },
    { form: form(words.endOfYear), read: (_, today) => `${today.slice(0, 4)}-12-31` },
    {
      form: form(`(?:${words.endOf}) ${month}${year}`),
      read(parts, today) {
        const first = dateOf({ year: parts['year'], month: monthOf(parts), date: 1 }, today);
        const isThis = parts['year'] === undefined && Number(today.slice(5, 7)) === monthOf(parts);
        return isThis ? endOfMonth(today) : first && endOfMonth(first);
      },
    },
    { form: form('(?<iso>\\d{4}-\\d{2}-\\d{2})'), read: ({ iso }) => iso },
    {
      form: form(
        `(?:${weekday} (?:(?:${words.before}) )?)?${number}(?: (?:${words.of}))? ${month}${year}`,
      ),
      read: aDate,
    },
    { form: form(`(?:${weekday} )?${month} (?:the )?${number}${year}`), read: aDate },
    {
      form: form(
        `(?:${weekday} )?(?<date>\\d{1,2})\\.(?<month>\\d{1,2})(?:\\.(?<year>\\d{4}|\\d{2}))?`,
      ),
      read: ({ date, month: of, year: in_ }, today) =>
        dateOf({ year: in_, month: Number(of), date: Number(date) }, today),
    },
    {
      form: form('(?<one>\\d{1,2})/(?<other>\\d{1,2})(?:/(?<year>\\d{4}|\\d{2}))?'),
      read: ({ one, other, year: in_ }, today) =>
        eitherWay({ one: Number(one), other: Number(other), year: in_ }, today),
    },
    {
      form: form(`(?<name>${oneOf(weekdays.keys())})`),
      read({ name = '' }, today) {
        const days = ((weekdays.get(name) ?? 0) - dayOfWeek(today) + 7) % 7;
        return days === 0 ? undefined : addDays(today, days); // Today, or in a week.
      },
    },
    {
      form: form('(?<date>\\d{1,2})(?:st|nd|rd|th|ten)?'),
      read: ({ date }, today) => dayOfMonth(Number(date), today),
    },
  ];
}

/** Days of the week from Monday, or months, from 0: by all languages' names, since a date is read in any of them. */
function namesOf(what: 'weekday' | 'month'): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const language of languages)
    for (const style of ['long', 'short'] as const)
      for (let n = 0; n < (what === 'month' ? 12 : 7); n++) {
        // 1 June 2026 is a Monday.
        const day = what === 'month' ? Date.UTC(2026, n, 1) : Date.UTC(2026, 5, 1 + n);
        const name = new Intl.DateTimeFormat(language, { [what]: style, timeZone: 'UTC' });
        const text = fold(name.format(day)).replace(/\.$/, '');
        names.set(text, n);
        // `Sept`, `Thurs`, `Tues`: any beginning of four letters or more.
        if (style === 'long')
          for (let letters = 4; letters < text.length; letters++)
            names.set(text.slice(0, letters), n);
        if (style === 'long' && what === 'month') names.set(text.slice(0, 3), n);
      }
  return names;
}
