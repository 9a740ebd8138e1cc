/** How Slack's SDK sends: `callByName`, in the shape of Node's `fetch`. */
import type { IncomingHttpHeaders } from 'node:http';
import type { webApi } from '@slack/bolt';
import { callByName, isRedirect, readUpTo } from '../../http/call-by-name.ts';
import { MAX_ANSWER_BYTES } from './limits.ts';
import { secondsIn } from './retry-after.ts';

/** Of the SDK's bodies, only uploads are no text, and we make none. @throws as `fetch` does when there is no answer */
export const sdkFetch: webApi.FetchFunction = async (url, { body, ...init } = {}) => {
  if (body !== undefined && typeof body !== 'string')
    throw new TypeError('Only texts can be sent to Slack');
  const answer = await callByName(url, { ...init, body });
  if (isRedirect(answer)) {
    answer.destroy();
    throw new Error('Slack redirected the call');
  }
  const bytes = await readUpTo(answer, MAX_ANSWER_BYTES);
  if (!bytes) throw new Error(`Slack's answer has more than ${MAX_ANSWER_BYTES} bytes`);
  const { statusCode: status = 0, statusMessage: statusText = '' } = answer;
  // The SDK takes a limit without whole seconds for an answer that never came.
  const get = (name: string): string | undefined =>
    status === 429 && name === 'retry-after'
      ? String(secondsIn(answer.headers[name]))
      : valueOf(answer.headers[name]);
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText,
    url: String(url),
    headers: {
      get: (name) => get(name.toLowerCase()) ?? null,
      entries: () => entriesOf(answer.headers),
    },
    arrayBuffer: async () => Uint8Array.from(bytes).buffer,
    json: async (): Promise<unknown> => JSON.parse(bytes.toString()),
    text: async () => bytes.toString(),
  };
};

const valueOf = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.join(', ');

const entriesOf = (headers: IncomingHttpHeaders): readonly [string, string][] =>
  Object.entries(headers).map(([name, value]) => [name, valueOf(value) ?? '']);
