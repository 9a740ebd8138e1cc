/**
 * The Model Context Protocol, as far as a server of tools without sessions speaks it: revision 2026-07-28, where each request says its
 * version, and those before it, which begin with `initialize`. Both are answered without remembering anything.
 */
import { z } from 'zod';

const MODERN = '2026-07-28';
/** The newest first. */
const LEGACY = ['2025-11-25', '2025-06-18', '2025-03-26'] as const;
export const VERSIONS: readonly string[] = [MODERN, ...LEGACY];
/** Clients before 2025-06-18 send no header. Only this version has batches. */
const WITHOUT_HEADER = '2025-03-26';
/** More than a client asks at once. */
const MAX_BATCH = 20;

export const codes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  headerMismatch: -32020,
  unsupportedVersion: -32022,
} as const;

const id = z.union([z.string().max(200), z.int()]);
const message = z.object({
  jsonrpc: z.literal('2.0'),
  id: id.optional(),
  method: z.string().max(200),
  params: z.record(z.string(), z.unknown()).optional(),
});

export interface RpcError {
  readonly status: number;
  readonly id?: string | number | undefined;
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export interface RpcRequest {
  readonly id: string | number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Of a revision in which each request says its version. */
  readonly isModern: boolean;
}

type ReadMessage =
  | { readonly kind: 'request'; readonly request: RpcRequest }
  | { readonly kind: 'notification' }
  | { readonly kind: 'error'; readonly error: RpcError };

type Header = (name: string) => string | undefined;

type ReadBody = ReadMessage | { readonly kind: 'batch'; readonly requests: readonly RpcRequest[] };

/**
 * One message; in 2025-03-26 also a batch. One that has anything wrong in it is refused as a whole, before any of it is done.
 * @param body JSON @param header of the HTTP request
 */
export function readBody(body: unknown, header: Header): ReadBody {
  if (!Array.isArray(body)) return readMessage(body, header);
  const why = whyNoBatch(body, header);
  if (why !== undefined) return refuse({ status: 400, code: codes.invalidRequest, message: why });
  const read = body.map((each) => readMessage(each, header));
  const wrong = read.find((each) => each.kind === 'error');
  if (wrong) return wrong;
  const requests = read.flatMap((each) => (each.kind === 'request' ? [each.request] : []));
  if (requests.length === 0) return { kind: 'notification' };
  // The version has to be known before anything else is sent.
  return requests.some(({ method }) => method === 'initialize')
    ? refuse({ status: 400, code: codes.invalidRequest, message: 'Send initialize alone.' })
    : { kind: 'batch', requests };
}

function whyNoBatch(body: readonly unknown[], header: Header): string | undefined {
  if ((header('MCP-Protocol-Version') ?? WITHOUT_HEADER) !== WITHOUT_HEADER)
    return 'Send one message at a time.';
  if (body.length === 0) return 'The batch is empty.';
  return body.length > MAX_BATCH ? `A batch has at most ${MAX_BATCH} messages.` : undefined;
}

function readMessage(body: unknown, header: Header): ReadMessage {
  const read = message.safeParse(body);
  if (!read.success) {
    const why = 'This is no JSON-RPC 2.0 request or notification.';
    return refuse({ status: 400, code: codes.invalidRequest, message: why });
  }
  const { id: of, method, params = {} } = read.data;
  if (of === undefined) return { kind: 'notification' };
  const meta = metaOf(params);
  const said = header('MCP-Protocol-Version');
  const error =
    meta.version === undefined && said !== MODERN
      ? legacyTrouble(said, method)
      : modernTrouble({ method, params, meta }, header);
  if (error) return refuse({ status: 400, id: of, ...error });
  const isModern = meta.version !== undefined;
  return { kind: 'request', request: { id: of, method, params, isModern } };
}

const refuse = (error: RpcError) => ({ kind: 'error', error }) as const;

type Trouble = Omit<RpcError, 'status' | 'id'>;

interface Meta {
  readonly version: string | undefined;
  readonly capabilities: unknown;
}

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
export const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';

function metaOf({ _meta }: Readonly<Record<string, unknown>>): Meta {
  const meta = isObject(_meta) ? _meta : {};
  const said = Object.hasOwn(meta, VERSION) ? meta[VERSION] : undefined;
  const version = said === undefined || typeof said === 'string' ? said : '';
  return { version, capabilities: meta[CAPABILITIES] };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The version is agreed on in `initialize`, which comes without one. */
function legacyTrouble(said: string | undefined, method: string): Trouble | undefined {
  const version = said ?? WITHOUT_HEADER;
  if (method === 'initialize' || VERSIONS.includes(version)) return undefined;
  return unsupported(version);
}

function modernTrouble(
  { method, params, meta }: Pick<RpcRequest, 'method' | 'params'> & { readonly meta: Meta },
  header: Header,
): Trouble | undefined {
  const said = header('MCP-Protocol-Version');
  if (meta.version === undefined || !isObject(meta.capabilities))
    return {
      code: codes.invalidParams,
      message: `_meta needs ${VERSION} and ${CAPABILITIES}`,
    };
  if (said !== meta.version) return mismatch('MCP-Protocol-Version');
  if (meta.version !== MODERN) return unsupported(meta.version);
  if (header('Mcp-Method') !== method) return mismatch('Mcp-Method');
  if (method === 'tools/call' && plain(header('Mcp-Name')) !== params['name'])
    return mismatch('Mcp-Name');
  return undefined;
}

/** What can't be a header is sent as `=?base64?…?=`. */
function plain(value: string | undefined): string | undefined {
  const encoded = value === undefined ? undefined : /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
  return encoded === undefined ? value : Buffer.from(encoded, 'base64').toString();
}

const mismatch = (name: string): Trouble => ({
  code: codes.headerMismatch,
  message: `Header mismatch: ${name} is missing, or says something else than the body`,
});

const unsupported = (requested: string): Trouble => ({
  code: codes.unsupportedVersion,
  message: 'Unsupported protocol version',
  data: { supported: VERSIONS, requested: requested.slice(0, 40) },
});

/** What `initialize` answers: the client's version where we speak it, else our newest of that kind. */
export const agreedVersion = (asked: unknown): string =>
  LEGACY.find((version) => version === asked) ?? LEGACY[0];
