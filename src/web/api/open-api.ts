/** The OpenAPI document, made from the list of endpoints. */
import { z } from 'zod';
import { type Endpoint, schemaNames } from './endpoint.ts';
import { endpoints } from './endpoints.ts';
import { PROBLEM_TYPE, problemSchema } from './problems.ts';

schemaNames.add(problemSchema, { id: 'Problem' });

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Answers may have more than the schema says: names are added, never given another meaning. */
const options = {
  io: 'input',
  override({ jsonSchema }: { jsonSchema: { format?: string; pattern?: string } }) {
    // The pattern of a time is a page long and says what the format says.
    if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  },
} as const;

const refTo = (name: string): string => `#/components/schemas/${name}`;

const FRAME = ['$schema', '$id'];

const withoutFrame = (schema: object): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => !FRAME.includes(name)));

export function componentSchemas(): Readonly<Record<string, JsonSchema>> {
  const { schemas } = z.toJSONSchema(schemaNames, { ...options, uri: refTo });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, withoutFrame(schema)]),
  );
}

export const asJsonSchema = (schema: z.ZodType): JsonSchema =>
  withoutFrame(z.toJSONSchema(schema, options));

/** The parameters of the address, for the document and for the page. */
export function parametersOf({ query, path }: Endpoint) {
  const inPath = /\{(\w+)\}/.exec(path)?.[1];
  return [
    ...(inPath === undefined
      ? []
      : [{ name: inPath, in: 'path', required: true, schema: { type: 'string' } } as const]),
    ...Object.entries(query.shape).map(([name, schema]) => {
      const { description, ...rest } = asJsonSchema(schema as z.ZodType);
      return {
        name,
        in: 'query',
        required: false,
        ...(typeof description === 'string' && { description }),
        schema: rest,
      } as const;
    }),
  ];
}

export const operationId = ({ method, path }: Endpoint): string =>
  `${method.toLowerCase()}${path
    .split(/\W+/)
    .filter(Boolean)
    .map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}`)
    .join('')}`;

/** The name of a schema in the document. */
export function nameOf(schema: z.ZodType): string {
  const name = schemaNames.get(schema)?.id;
  if (name === undefined) throw new TypeError('Every body has a name in the document');
  return name;
}

const refOf = (schema: z.ZodType): JsonSchema => ({ $ref: refTo(nameOf(schema)) });

const IDEMPOTENCY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description: 'A new text for each new request, and the same one when it is sent again',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
} as const;

function operation(endpoint: Endpoint): JsonSchema {
  const { method, tag, summary, description, scope, body, answer, status, isList } = endpoint;
  const parameters = [...parametersOf(endpoint), ...(method === 'POST' ? [IDEMPOTENCY] : [])];
  return {
    operationId: operationId(endpoint),
    tags: [tag],
    summary,
    description: [description, `Scope: \`${scope}\`.`].filter(Boolean).join(' '),
    security: [{ token: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: refOf(body) } } },
    }),
    responses: {
      [status]: {
        description: summary,
        ...(isList && {
          headers: {
            Link: {
              description: 'The address of the next page, with `rel="next"`',
              schema: { type: 'string' },
            },
          },
        }),
        content: { 'application/json': { schema: refOf(answer) } },
      },
      default: {
        description: 'What went wrong',
        content: { [PROBLEM_TYPE]: { schema: { $ref: refTo('Problem') } } },
      },
    },
  };
}

/** @param url of the API, without a final slash */
export function openApi(url: string): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of endpoints)
    paths[endpoint.path] = {
      ...paths[endpoint.path],
      [endpoint.method.toLowerCase()]: operation(endpoint),
    };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Latchkey',
      version: '1',
      description: 'Who has access to what, and why. docs/api.md in the source explains it.',
    },
    servers: [{ url }],
    tags: [...new Set(endpoints.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: componentSchemas(),
    },
  };
}
