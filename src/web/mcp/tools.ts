/** The tools of MCP that read: made from the list of the API's endpoints, so they see what it sees and refuse what it refuses. */
import type { z } from 'zod';
import { onceFor } from '../../core/once-for.ts';
import type { Scope } from '../../engine/tokens/token.ts';
import type { Caller } from '../api/door.ts';
import type { Endpoint, Turn } from '../api/endpoint.ts';
import { endpoints } from '../api/endpoints.ts';
import { asJsonSchema, type JsonSchema, parametersOf } from '../api/open-api.ts';
import type { Place, Problem } from '../api/problems.ts';
import { MAX_ID } from '../api/values.ts';

export type Arguments = Readonly<Record<string, unknown>>;

export interface ToolTurn extends Turn {
  readonly token: Caller['token'];
}

export type ToolAnswer = { readonly body: unknown } | { readonly problem: Problem };

export interface Tool {
  readonly name: string;
  /** A line. */
  readonly title: string;
  readonly description: string;
  readonly scope: Scope;
  readonly isReadOnly: boolean;
  readonly input: () => JsonSchema;
  readonly answer: z.ZodType;
  call(given: Arguments, turn: ToolTurn): Promise<ToolAnswer>;
}

export const readTools: readonly Tool[] = endpoints
  .filter(({ method }) => method === 'GET')
  .map((endpoint) => ({
    name: nameOf(endpoint),
    title: endpoint.summary,
    description: [
      `${endpoint.summary}.`,
      endpoint.description,
      endpoint.isList && 'Where the answer has `next`, that is the `cursor` of the next page.',
    ]
      .filter(Boolean)
      .join(' '),
    scope: endpoint.scope,
    isReadOnly: true,
    input: () => inputOf(endpoint),
    answer: endpoint.answer,
    async call(given, turn) {
      const asked = askedIn(given, endpoint);
      if ('problem' in asked) return asked;
      return endpoint.respond({ ...asked, body: undefined, bytes: '', key: undefined }, turn);
    },
  }));

/** `/people`: `list_people`; `/people/{id}`: `get_person`; `/reviews/{id}/items`: `list_review_items`. */
function nameOf({ path, isList }: Endpoint): string {
  const words = path.split('/').filter((part) => part !== '' && !part.startsWith('{'));
  const whole = words.map((word, at) =>
    isList && at === words.length - 1 ? word : singularOf(word),
  );
  return [isList ? 'list' : 'get', ...whole].join('_');
}

function singularOf(word: string): string {
  return word === 'people' ? 'person' : word.replace(/s$/, '');
}

function inputOf(endpoint: Endpoint): JsonSchema {
  const parameters = parametersOf(endpoint);
  const required = parameters.filter((each) => each.required).map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(
      parameters.map((each) => [
        each.name,
        { ...each.schema, ...('description' in each && { description: each.description }) },
      ]),
    ),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** The schema of an answer. Pages of several tools have the same items, and a list of tools is asked for often. */
export const outputOf = onceFor((schema: z.ZodType): JsonSchema => asJsonSchema(schema));

/** As the address of the API would have it. */
function askedIn(
  given: Arguments,
  { path }: Endpoint,
): { readonly id: string; readonly query: URLSearchParams } | { readonly problem: Problem } {
  const query = new URLSearchParams();
  const errors: Place[] = [];
  let id = '';
  for (const [name, value] of Object.entries(given)) {
    if (value === null) continue; // Some models send it for what they leave out.
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      errors.push({ detail: 'It takes one value.', parameter: name });
    else if (name === 'id' && path.includes('{id}')) id = String(value);
    else query.append(name, String(value));
  }
  if (path.includes('{id}') && (id === '' || id.length > MAX_ID))
    errors.push({ detail: 'It is needed: an id of an answer.', parameter: 'id' });
  return errors.length > 0 ? { problem: wrongArguments(errors) } : { id, query };
}

const MAX_ERRORS = 20;

const wrongArguments = (errors: readonly Place[]): Problem => ({
  kind: 'wrong-query',
  detail: 'See errors for each parameter.',
  errors: errors.slice(0, MAX_ERRORS),
});
