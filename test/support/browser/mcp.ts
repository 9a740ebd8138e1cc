/** Calls of `/mcp`: by the SDK's client, or message by message. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { ApiAnswer, TestApi } from './api.ts';

export const MODERN = '2026-07-28';
export const mcpUrl = ({ url }: TestApi): string => url.replace('/api/v1', '/mcp');

/** @param mode which revisions it speaks: `legacy` begins with `initialize` */
export async function mcpClient(
  api: TestApi,
  token: string,
  mode: 'legacy' | 'auto' = 'auto',
): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  const headers = { authorization: `Bearer ${token}` };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(mcpUrl(api)), { requestInit: { headers } }),
  );
  return client;
}

export interface RpcAnswer {
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export const rpcOf = ({ text }: ApiAnswer): RpcAnswer => JSON.parse(text) as RpcAnswer;

/** A message as it stands; a text is sent as it is. */
export const post = (
  api: TestApi,
  token: string | undefined,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer> =>
  api.send(mcpUrl(api), {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
  });

/** With the headers that revision 2026-07-28 wants. */
export const modern = (
  api: TestApi,
  token: string,
  { method, params = {} }: { readonly method: string; readonly params?: object },
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer> => {
  const { name } = params as { readonly name?: string };
  const meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return post(
    api,
    token,
    { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } },
    {
      'mcp-protocol-version': MODERN,
      'mcp-method': method,
      ...(name !== undefined && { 'mcp-name': name }),
      ...headers,
    },
  );
};
