/** `/api/v1/docs`: the same list of endpoints, for people who write programs. It is in English, as the API is. */
import { type PageFrame, type PageLink, pageTemplate } from '../pages.ts';
import type { Endpoint } from './endpoint.ts';
import { endpoints } from './endpoints.ts';
import { componentSchemas, nameOf, operationId, parametersOf } from './open-api.ts';
import { type ProblemKind, problemKinds, typeOf } from './problems.ts';

interface Section {
  readonly id: string;
  readonly heading?: string;
  /** Of an endpoint or a schema. */
  readonly name?: string;
  readonly lines?: readonly string[];
  readonly items?: readonly { readonly name: string; readonly text: string }[];
  readonly links?: readonly PageLink[];
  readonly code?: string;
}

interface DocsPage extends PageFrame {
  readonly sections: readonly Section[];
}

const render = pageTemplate<DocsPage>(new URL('./pages/docs.mustache', import.meta.url));

/** @param url of the API, without a final slash */
export function docsPage(url: string): string {
  const tags = [...new Set(endpoints.map(({ tag }) => tag))];
  return render({
    title: 'The API of Latchkey',
    sections: [
      {
        id: 'tokens',
        lines: [
          `The API is at ${url}. Each request has a token, as "Authorization: Bearer lk_…". The token acts for its owner, and sees what they see in chat.`,
        ],
        links: [{ label: 'OpenAPI 3.1', url: `${url}/openapi.json` }],
      },
      {
        id: 'lists',
        heading: 'Lists',
        lines: [
          'A list has pages. Send next of an answer as the cursor of the next page, or follow the header Link. What is added in between moves nothing. A page may have fewer items than limit, and only a page without next is the last.',
        ],
      },
      {
        id: 'writes',
        heading: 'Writes',
        lines: [
          'A POST has a body of JSON and the header Idempotency-Key: a new text for each new request, and the same one when it is sent again. Within 24 hours the same key and body get the first answer again, and nothing is done twice.',
        ],
      },
      ...tags.flatMap((tag) => [
        { id: tag.toLowerCase(), heading: tag },
        ...endpoints.filter((each) => each.tag === tag).map(sectionOf),
      ]),
      { id: 'schemas', heading: 'What is sent and answered' },
      ...Object.entries(componentSchemas()).map(([name, schema]) => ({
        id: `schema-${name}`,
        name,
        code: JSON.stringify(schema, undefined, 2),
      })),
      {
        id: 'problems',
        heading: 'Problems',
        lines: [
          'What goes wrong is answered as application/problem+json (RFC 9457). Programs go by type, whose meaning never changes.',
        ],
        items: (Object.keys(problemKinds) as ProblemKind[]).map((kind) => ({
          name: typeOf(kind),
          text: `${problemKinds[kind].status}: ${problemKinds[kind].title}`,
        })),
      },
    ],
  });
}

function sectionOf(endpoint: Endpoint): Section {
  const { method, path, summary, description, scope, body, answer, status } = endpoint;
  const toSchema = (name: string): PageLink => ({ label: name, url: `#schema-${name}` });
  return {
    id: operationId(endpoint),
    name: `${method} ${path}`,
    lines: [
      [`${summary}.`, description, `Scope: ${scope}. Answers ${status}.`].filter(Boolean).join(' '),
    ],
    items: parametersOf(endpoint).map((parameter) => ({
      name: parameter.name,
      text: aboutParameter(parameter),
    })),
    links: [...(body ? [toSchema(nameOf(body))] : []), toSchema(nameOf(answer))],
  };
}

function aboutParameter({
  schema,
  in: place,
  ...parameter
}: ReturnType<typeof parametersOf>[number]): string {
  const { enum: words, default: usual, maximum } = schema as Readonly<Record<string, unknown>>;
  return [
    `in the ${place}`,
    'description' in parameter && parameter.description,
    Array.isArray(words) && `one of ${words.join(', ')}`,
    typeof maximum === 'number' && `at most ${maximum}`,
    (typeof usual === 'number' || (typeof usual === 'string' && usual !== '')) &&
      `${usual} if left out`,
  ]
    .filter(Boolean)
    .join('; ');
}
