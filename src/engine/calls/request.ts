import { isJsonObject, type Json, stringifyJson } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { ManifestRequest } from '../manifest/request-schema.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { HttpBody, HttpRequest } from '../ports/http.ts';
import {
  renderHeaders,
  renderJson,
  renderText,
  renderXml,
  scopeOf,
  toText,
  warningsOf,
} from '../templates/render.ts';
import { renderUrl } from '../templates/render-url.ts';
import { done, failed, type Outcome, type Scope } from '../templates/template.ts';
import type { Variables } from '../templates/variables.ts';
import { whyNotThere } from './request-origin.ts';

export type Described =
  | { readonly ok: true; readonly request: HttpRequest; readonly warnings: readonly string[] }
  /** A sentence for people. It names variables, not their values. */
  | { readonly ok: false; readonly error: string; readonly warnings: readonly string[] };

export interface DescribeOptions {
  /** Gives the headers of a request without its own, and the origins that it may go to. */
  readonly manifest: Manifest;
  /** How `data` is sent when the headers don't say. Token requests send a form. */
  readonly dataAs?: 'json' | 'form';
  /** Names of the files that earlier requests of the run saved. Left out: none. */
  readonly savedFiles?: ReadonlySet<string>;
  /** Send only the request's own headers: token requests send none of the manifest's. */
  readonly ownHeadersOnly?: boolean;
}

type Spec = Pick<
  ManifestRequest,
  'url' | 'method' | 'headers' | 'data' | 'castDataToJson' | 'files' | 'expected' | 'continueIf'
>;
type Headers = Readonly<Record<string, string>>;
type Field = readonly [name: string, value: string];

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** Renders one request of a manifest. Pure; never throws. */
export function describeRequest(
  spec: Spec,
  variables: Variables,
  options: DescribeOptions,
): Described {
  const scope = scopeOf(variables);
  const request = describe(spec, scope, options);
  noteExpectations(spec, scope);
  const warnings = warningsOf(scope);
  return request.ok
    ? { ok: true, request: request.value, warnings }
    : { ok: false, error: request.error, warnings };
}

/** `expected` and `continue_if` are rendered again when the answer is there. Here, they only add their warnings to the request. */
function noteExpectations({ expected, continueIf }: Spec, scope: Scope): void {
  if (expected !== undefined) renderText(expected, scope);
  if (continueIf) renderJson(continueIf.value, scope);
}

function describe(spec: Spec, scope: Scope, options: DescribeOptions): Outcome<HttpRequest> {
  const { manifest } = options;
  const url = renderUrl(spec.url, scope, spec.method);
  if (!url.ok) return url;
  const notThere = whyNotThere({ template: spec.url, url: url.value }, scope.variables, manifest);
  if (notThere !== undefined) return failed(notThere);
  const hasOwnHeaders = Object.keys(spec.headers).length > 0 || options.ownHeadersOnly;
  const rendered = renderHeaders(hasOwnHeaders ? spec.headers : manifest.headers, scope);
  if (!rendered.ok) return rendered;
  const headers = encodeHeaders(rendered.value);
  const body = describeBody(spec, scope, { ...options, headers });
  if (!body.ok) return body;
  return done({
    method: spec.method,
    url: url.value,
    headers: withContentType(headers, body.value),
    body: body.value,
  });
}

// ---------------------------------------------------------------- headers

function encodeHeaders(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      asHeaderBytes((name === 'authorization' ? encodeBasic(value) : value).trim()),
    ]),
  );
}

/** `Basic user:password` as the base64 of its UTF-8. Base64 has no colon, so a value without a colon is encoded already. */
function encodeBasic(value: string): string {
  const credentials = /^basic\s+(?=\S)([^]*)$/i.exec(value)?.[1] ?? '';
  return !credentials.includes(':')
    ? value
    : `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`;
}

/** Node sends headers as Latin-1, one byte for each character. This makes the bytes UTF-8. */
const asHeaderBytes = (value: string): string => Buffer.from(value, 'utf8').toString('latin1');

function withContentType(headers: Headers, body: HttpBody | undefined): Headers {
  if (!body) return headers;
  const { 'content-type': given, ...others } = headers;
  switch (body.kind) {
    case 'json':
      return { ...others, 'content-type': given ?? JSON_TYPE };
    case 'form':
      return { ...others, 'content-type': isForm(given) ? given : FORM_TYPE };
    case 'xml':
      return headers; // Only a Content-Type makes it XML.
    case 'multipart':
      // Only the code that writes the body knows the boundary between its parts.
      return others;
    default:
      return unreachable(body);
  }
}

/** `text/xml`, `application/xml`, `application/soap+xml; charset=utf-8` */
const isXml = (contentType = ''): boolean => /^[^;]*[/+]xml\s*(;|$)/i.test(contentType);

const isForm = (contentType: string | undefined): contentType is string =>
  contentType?.toLowerCase().includes(FORM_TYPE) ?? false;

// ---------------------------------------------------------------- bodies

interface DataFormat extends Pick<DescribeOptions, 'dataAs'> {
  readonly castDataToJson: boolean;
  readonly contentType: string | undefined;
}

/** How `data` is sent where no file goes with it. */
export function formatOf(
  data: Json,
  { castDataToJson, contentType, dataAs }: DataFormat,
): 'form' | 'xml' | 'json' {
  const isFormUnlessSaid = dataAs === 'form' && contentType === undefined;
  if (castDataToJson || isForm(contentType) || isFormUnlessSaid) return 'form';
  return typeof data === 'string' && isXml(contentType) ? 'xml' : 'json';
}

function describeBody(
  spec: Spec,
  scope: Scope,
  { headers, dataAs, savedFiles }: DescribeOptions & { readonly headers: Headers },
): Outcome<HttpBody | undefined> {
  const { data } = spec;
  if (Object.keys(spec.files ?? {}).length > 0) return describeMultipart(spec, scope, savedFiles);
  if (data === undefined) return done(undefined);
  const { castDataToJson } = spec;
  const format = formatOf(data, { castDataToJson, contentType: headers['content-type'], dataAs });
  if (format === 'form') {
    const fields = describeFields(data, scope);
    return fields.ok ? done({ kind: 'form', fields: fields.value }) : fields;
  }
  if (format === 'xml' && typeof data === 'string') {
    const xml = renderXml(data, scope);
    return xml.ok ? done({ kind: 'xml', text: xml.value }) : xml;
  }
  const rendered = renderJson(data, scope);
  return rendered.ok ? done({ kind: 'json', text: stringifyJson(rendered.value) }) : rendered;
}

function describeMultipart(
  { data, files = {} }: Spec,
  scope: Scope,
  savedFiles: ReadonlySet<string> = new Set(),
): Outcome<HttpBody> {
  const fields = data === undefined ? done([]) : describeFields(data, scope);
  if (!fields.ok) return fields;
  const parts: { field: string; file: string }[] = [];
  for (const [fieldTemplate, file] of Object.entries(files)) {
    const field = renderText(fieldTemplate, scope);
    if (!field.ok) return field;
    if (!savedFiles.has(file)) {
      return failed(
        t`No earlier request has saved a file named ${JSON.stringify(file)}. Check save_as_file in the requests before this one.`,
      );
    }
    parts.push({ field: field.value, file });
  }
  return done({ kind: 'multipart', fields: fields.value, files: parts });
}

/** `data` as form fields. A list repeats its field, and an object inside becomes JSON. */
function describeFields(data: Json, scope: Scope): Outcome<readonly Field[]> {
  if (typeof data === 'string' && data.includes('=')) return describeFormText(data, scope);
  const rendered = renderJson(data, scope);
  if (!rendered.ok) return rendered;
  if (!isJsonObject(rendered.value)) {
    return failed(
      t`The data of a form has to be an object of fields and values. Change it in the manifest.`,
    );
  }
  return done(
    Object.entries(rendered.value).flatMap(([name, value]): Field[] =>
      Array.isArray(value)
        ? (value as readonly Json[]).map((item): Field => [name, toText(item)])
        : [[name, toText(value)]],
    ),
  );
}

/** A form that the manifest writes as text (`grant_type=refresh_token&token={{TOKEN}}`). It is split first, then rendered. */
function describeFormText(data: string, scope: Scope): Outcome<readonly Field[]> {
  const fields: Field[] = [];
  for (const [nameTemplate, valueTemplate] of new URLSearchParams(data)) {
    const name = renderText(nameTemplate, scope);
    if (!name.ok) return name;
    const value = renderText(valueTemplate, scope);
    if (!value.ok) return value;
    fields.push([name.value, value.value]);
  }
  return done(fields);
}
