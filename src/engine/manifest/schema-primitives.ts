/** What the manifest's schema is made of: texts, flags, lists, addresses, methods and headers, each with the error that an admin reads. */
import { z } from 'zod';
import type { Json } from '../../core/json.ts';
import type { Method } from '../ports/http.ts';
import { showValue } from './problem.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const satisfies Method[];
const DEFAULT_METHOD: Method = 'POST';

/** The error of a field: `is missing; give …` or `must be …, but is …`. */
export const want =
  (what: string) =>
  ({ input }: { readonly input?: unknown }): string =>
    input === undefined
      ? `is missing; give ${what}`
      : `must be ${what}, but is ${showValue(input)}`;

export const text = (what: string) => z.string({ error: want(what) }).meta({ description: what });

export const label = (what: string) =>
  z
    .string({ error: want(what) })
    .refine((value) => value.trim() !== '', { error: `is empty; give ${what}` })
    .meta({ description: what });

export const flag = (what: string) =>
  z.boolean({ error: want(`true or false (${what})`) }).meta({ description: what });

export const list = <T extends z.ZodType>(item: T, what: string) =>
  z.array(item, { error: want(`a list of ${what}`) });

export const map = <T extends z.ZodType>(value: T, what: string) =>
  z.record(z.string(), value, { error: want(what) }).meta({ description: what });

/** Without keys that it doesn't know: `rules-keys.ts` says that they have no effect. */
export const object = <T extends z.ZodRawShape>(shape: T, what: string) =>
  z.object(shape, { error: want(`an object (${what})`) }).meta({ description: what });

/** Any JSON, big integers included. */
export const json = (what: string) =>
  z.custom<Json>((value) => value !== undefined, { error: want(what) }).meta({ description: what });

/** A text. Numbers and booleans become their text. */
export const scalar = (what: string) =>
  z
    .union([z.string(), z.number(), z.bigint(), z.boolean()], { error: want(what) })
    .transform(String)
    .meta({ type: ['string', 'number', 'boolean'], description: what });

/** A number, or its digits as a text, as other tools for this format allow. */
export const numeric = (
  what: string,
  {
    min,
    max,
    whole = true,
  }: { readonly min: number; readonly max: number; readonly whole?: boolean },
) =>
  z
    .custom<number | string>(
      (value) =>
        typeof value === 'number' || (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value)),
      { error: want(what), abort: true },
    )
    .transform(Number)
    .refine((value) => value >= min && value <= max && (!whole || Number.isInteger(value)), {
      error: want(what),
    })
    .meta({
      type: ['number', 'string'],
      minimum: min,
      maximum: max,
      pattern: '^\\d+(\\.\\d+)?$',
      description: what,
    });

export const url = (what: string) =>
  z
    .string({ error: want(what) })
    .transform((value) => value.trim())
    .refine((value) => value === '' || /^(https?:\/\/|\{\{)/i.test(value), {
      error: ({ input }) =>
        `${showValue(input)} is not an address; begin it with https://, http:// or a {{variable}}`,
    })
    .refine((value) => value !== '', { error: `is empty; give ${what}` })
    .meta({ description: what });

const methodText = `use ${METHODS.slice(0, -1).join(', ')} or ${METHODS.at(-1)}`;
const notAMethod = ({ input }: { readonly input?: unknown }) =>
  `${showValue(input)} is not a request method; ${methodText}`;
export const method = z
  .custom<string>((value) => typeof value === 'string' && METHODS.includes(upper(value)), {
    error: notAMethod,
    abort: true,
  })
  .transform(upper)
  .default(DEFAULT_METHOD)
  .meta({
    type: 'string',
    anyOf: [{ enum: METHODS }, { pattern: METHODS.map(anyCase).join('|') }],
    description: 'The request method, in any case.',
  });

// Whether it is one of the methods is for the schema to say.
function upper(value: string): Method {
  return value.trim().toUpperCase() as Method;
}

function anyCase(word: string): string {
  return `^${word
    .split('')
    .map((char) => `[${char}${char.toLowerCase()}]`)
    .join('')}$`;
}

export const headers = map(
  scalar('the value of the header'),
  'the headers, by name; a value may use {{variables}}',
).default({});

export const id = (what: string) =>
  z
    .string({ error: want(`the name by which {{…}} refers to ${what}`) })
    .transform((value) => value.trim())
    .refine((value) => value !== '' && !/[{}]/.test(value), {
      error: ({ input }) => `${showValue(input)} can't be used as {{…}}; use a single word`,
    })
    .meta({ description: `The name by which {{…}} refers to ${what}; a single word.` });

/** A path in JSON: `data.items.0.id`. Empty is the whole value. */
export const notation = (what: string) => text(`${what}, as a path such as "data.items.0.id"`);

type Camel<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name;

/** With the names of the engine: `data_from` becomes `dataFrom`. What is in it stays as it is. */
export const camelled = <T extends object>(raw: T): { [K in keyof T as Camel<K & string>]: T[K] } =>
  Object.fromEntries(
    Object.entries(raw).map(([name, value]) => [
      name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  ) as { [K in keyof T as Camel<K & string>]: T[K] };
