/** Holds answers of the API against its OpenAPI document, by a validator of others. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openApi } from '../../../src/web/api/open-api.ts';

interface Media {
  readonly content: Readonly<Record<string, { readonly schema: { readonly $ref: string } }>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, Media>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

const ROOT = '/api/v1';
const { paths, components } = openApi(ROOT) as unknown as Document;
const ajv = new Ajv2020({ allowUnionTypes: true });
addFormats.default(ajv);
ajv.addKeyword('components');
ajv.addSchema({ $id: 'latchkey', components });

/** `/people/0193ab12` is described at `/people/{id}`. */
const operationAt = (path: string, method: string): Operation | undefined =>
  Object.entries(paths).find(([template]) =>
    new RegExp(`^${ROOT}${template.replace('{id}', '[^/]+')}$`).test(path),
  )?.[1][method.toLowerCase()];

/** @throws where a program that was made from the document wouldn't understand this answer */
export function holdToDocument(
  { url, status, headers }: Response,
  { method = 'GET', text }: { readonly method?: string | undefined; readonly text: string },
): void {
  const operation = operationAt(new URL(url).pathname, method);
  if (!operation) return; // Not of the API, or no address of it.
  const { responses } = operation;
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  const schema = (responses[status] ?? responses['default'])?.content[type]?.schema;
  const place = `${method} ${url} ${status}`;
  if (!schema) throw new Error(`${place}: the document has no such answer as ${type}`);
  if (!ajv.validate(`latchkey${schema.$ref}`, JSON.parse(text)))
    throw new Error(`${place}: ${ajv.errorsText()} in ${text}`);
}
