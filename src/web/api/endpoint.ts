/**
 * One address of the API: what it takes, what it answers, and who answers. The router, the OpenAPI document and the page of docs
 * are made from the same list of these, so none says what another doesn't do.
 */
import { z } from 'zod';
import type { Actor, Person } from '../../engine/people/directory.ts';
import type { Signals } from '../../engine/ports/jobs.ts';
import type { Database } from '../../engine/ports/unit-of-work.ts';
import type { Scope } from '../../engine/tokens/token.ts';
import { misfit, notFound, type Problem } from './problems.ts';

/** What an endpoint gets beside what was sent. */
export interface Turn extends Database {
  /** The owner of the token, as they are now: all is seen and done with their rights. */
  readonly reader: Person;
  /** For the audit log. */
  readonly tokenId: string;
  readonly actor: Extract<Actor, { readonly kind: 'person' }>;
  /** IANA name. The installation's, for people without one. */
  readonly timeZone: string;
  readonly signals: Signals;
  readonly keyedHash: (text: string) => string;
  /** Whether that is the hash of the text, also by a key that was the first one before. */
  readonly isKeyedHash: (hash: string, text: string) => boolean;
}

/** As it came, with nothing read yet. */
export interface EndpointCall {
  readonly id: string;
  readonly query: URLSearchParams;
  /** JSON. Undefined of a `GET`. */
  readonly body: unknown;
  /** The same as it was sent. */
  readonly bytes: string;
  /** Of the header `Idempotency-Key`. */
  readonly key: string | undefined;
}

export type Outcome =
  | { readonly status: 200 | 201 | 202; readonly body: unknown }
  | { readonly problem: Problem };

export interface Endpoint {
  readonly method: 'GET' | 'POST';
  /** Below `/api/v1`, as OpenAPI writes it: `/people/{id}`. */
  readonly path: string;
  readonly tag: string;
  readonly scope: Scope;
  /** A line. */
  readonly summary: string;
  /** What a reader has to know beyond the summary. */
  readonly description?: string;
  readonly query: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly answer: z.ZodType;
  readonly status: 200 | 201 | 202;
  readonly isList?: true;
  respond(asked: EndpointCall, turn: Turn): Promise<Outcome>;
}

/** Names of schemas in the OpenAPI document. */
export const schemaNames = z.registry<{ id: string }>();

export function named<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  schemaNames.add(schema, { id });
  return schema;
}

export type Common = Pick<Endpoint, 'path' | 'tag' | 'scope' | 'summary' | 'description'>;

export const noQuery = z.strictObject({});

/** One thing, by its id. Undefined: there is none that they may see. */
export function reading<Answer extends z.ZodType>({
  read,
  ...endpoint
}: Common & {
  readonly answer: Answer;
  readonly read: (id: string, turn: Turn) => Promise<z.input<Answer> | undefined>;
}): Endpoint {
  return {
    ...endpoint,
    method: 'GET',
    query: noQuery,
    status: 200,
    async respond({ id, query }, turn) {
      const problem = wrongIn(noQuery, query);
      if (problem) return { problem };
      const found = await read(id, turn);
      return found === undefined ? nothing() : { status: 200, body: found };
    },
  };
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
const MAX_CURSOR = 500;

const paging = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_LIMIT)
    .default(DEFAULT_LIMIT)
    .describe('How many items a page has at most'),
  cursor: z
    .string()
    .max(MAX_CURSOR)
    .optional()
    .describe('`next` of the page before. Left out: the first page'),
};

const pagingSchema = z.object(paging);

export interface PageAsked<Query, Place> {
  /** Of the address; empty where it has none. */
  readonly id: string;
  readonly query: Query;
  /** Where the page before ended. Undefined: the first page. */
  readonly after: Place | undefined;
  readonly limit: number;
}

export interface PageFound<Item, Place> {
  readonly items: readonly Item[];
  /** Where this page ends; undefined on the last one. */
  readonly next: Place | undefined;
}

/** A page of a list. Undefined: there is nothing that they may see a list of. */
export function listing<
  Item extends z.ZodType,
  Query extends z.ZodRawShape,
  Place extends z.ZodType,
>({
  name,
  item,
  filters,
  place,
  read,
  ...endpoint
}: Common & {
  /** Of the schema of a page. */
  readonly name: string;
  readonly item: Item;
  readonly filters: Query;
  /** What a cursor holds: where in the list a page ended, so that what is new moves nothing. */
  readonly place: Place;
  readonly read: (
    asked: PageAsked<z.output<z.ZodObject<Query>>, z.output<Place>>,
    turn: Turn,
  ) => Promise<PageFound<z.input<Item>, z.input<Place>> | undefined>;
}): Endpoint {
  const query: z.ZodObject = z.strictObject({ ...filters, ...paging });
  const filterSchema = z.object(filters);
  const answer = named(
    name,
    z.object({
      items: z.array(item),
      next: z
        .string()
        .optional()
        .describe('The cursor of the next page. Left out on the last page'),
    }),
  );
  return {
    ...endpoint,
    method: 'GET',
    query,
    answer,
    status: 200,
    isList: true,
    async respond(asked, turn) {
      const problem = wrongIn(query, asked.query);
      if (problem) return { problem };
      const { limit, cursor } = pagingSchema.parse(Object.fromEntries(asked.query));
      const wanted = filterSchema.parse(Object.fromEntries(asked.query));
      const after = cursor === undefined ? undefined : place.safeParse(readCursor(cursor));
      if (after && !after.success) return { problem: wrongCursor };
      const page = await read({ id: asked.id, query: wanted, after: after?.data, limit }, turn);
      if (!page) return nothing();
      const next = page.next === undefined ? undefined : cursorOf(page.next);
      return { status: 200, body: { items: page.items, ...(next && { next }) } };
    },
  };
}

/** Cuts what was read with one more than the page has, which says whether there is another page. */
export function cut<Row, Place>(
  rows: readonly Row[],
  limit: number,
  placeOf: (row: Row) => Place,
): { readonly rows: readonly Row[]; readonly next: Place | undefined } {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  return {
    rows: kept,
    next: last !== undefined && rows.length > limit ? placeOf(last) : undefined,
  };
}

const nothing = (): Outcome => ({ problem: notFound });

const wrongCursor: Problem = {
  kind: 'wrong-query',
  detail: 'See errors for each parameter.',
  errors: [{ detail: 'Use `next` of an answer of this list.', parameter: 'cursor' }],
};

const cursorOf = (place: unknown): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

function readCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

export function wrongIn(schema: z.ZodObject, query: URLSearchParams): Problem | undefined {
  const twice = [...new Set(query.keys())].find((name) => query.getAll(name).length > 1);
  if (twice !== undefined)
    return {
      kind: 'wrong-query',
      detail: 'See errors for each parameter.',
      errors: [{ detail: 'It is there twice.', parameter: twice }],
    };
  const { error } = schema.safeParse(Object.fromEntries(query));
  return error && misfit(error, 'query');
}
