import { z } from 'zod';

/** What the schema names may be given as the engine has it: times as dates, lists that nobody changes, and more beside. */
type Given<V> = V extends string
  ? string extends V
    ? V | Date
    : V
  : V extends readonly (infer Item)[]
    ? readonly Given<Item>[]
    : V extends object
      ? { readonly [K in keyof V]: Given<V[K]> }
      : V;

/** An answer of the API: only what its schema names gets out, and times become text. */
export const answerOf = <Schema extends z.ZodType>(
  schema: Schema,
  given: Given<z.input<Schema>>,
): z.input<Schema> => named(schema, given) as z.input<Schema>;

function named(schema: z.core.$ZodType, given: unknown): unknown {
  if (given instanceof Date) return given.toISOString();
  if (schema instanceof z.ZodOptional)
    return given === undefined ? undefined : named(schema.unwrap(), given);
  if (schema instanceof z.ZodArray)
    return (given as readonly unknown[]).map((item) => named(schema.element, item));
  if (typeof given !== 'object' || given === null) return given;
  // Passed on whole, it would show what no schema names.
  if (!(schema instanceof z.ZodObject))
    throw new TypeError("An answer can't have an object whose names its schema doesn't list");
  const values = given as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(schema.shape).map(([name, part]) => [
      name,
      named(part as z.core.$ZodType, values[name]),
    ]),
  );
}
