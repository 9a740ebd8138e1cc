/** How Slack's SDK sends, with the SDK's own client. */
import type { RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { sdkFetch } from '../../../src/bots/slack/sdk-fetch.ts';
import { api, slackClient } from '../../../src/bots/slack/web-api.ts';
import { serve } from '../../http/support.ts';

async function calling(answer: RequestListener) {
  const { url, received } = await serve(answer);
  const options = { token: 'xoxb-1', apiUrl: `${url}/api/` };
  const client = slackClient(options, { warn() {}, error() {} });
  return { call: () => api(client.chat.postMessage({ channel: 'C1', text: 'Zoë' })), received };
}

test('a call sends its token and its text, and what Slack answers comes back with its headers', async () => {
  const { call, received } = await calling((_request, response) => {
    response.setHeader('X-OAuth-Scopes', 'chat:write,users:read');
    response.end('{"ok":true,"ts":"1.2"}');
  });
  const scopes = ['chat:write', 'users:read'];
  expect(await call()).toMatchObject({ ts: '1.2', response_metadata: { scopes } });
  expect(received).toMatchObject([
    {
      method: 'POST',
      url: '/api/chat.postMessage',
      headers: { authorization: 'Bearer xoxb-1' },
      body: 'channel=C1&text=Zo%C3%AB',
    },
  ]);
});

test.each([
  ['seconds', '7', 7000],
  ['years', '999999999', 3_600_000],
  ['a date', 'Fri, 01 Jan 2100 00:00:00 GMT', 3_600_000],
  ['a date that is over', 'Fri, 01 Jan 2021 00:00:00 GMT', 0],
  ['nothing', undefined, 5000],
  ['what is no time', '-5', 5000],
])(
  'too many calls are told apart from a refusal, also with a wait of %s',
  async (_what, wait, ms) => {
    const { call } = await calling((_request, response) => {
      response.writeHead(429, wait === undefined ? {} : { 'Retry-After': wait }).end();
    });
    await expect(call()).rejects.toMatchObject({ code: 'rate-limited', retryAfterMs: ms });
  },
);

test('a redirect is no answer of Slack’s, and is not followed', async () => {
  const { call, received } = await calling((_request, response) => {
    response.writeHead(302, { location: '/sign-in' }).end();
  });
  await expect(call()).rejects.toMatchObject({ code: 'unreachable' });
  expect(received).toHaveLength(1);
});

test('an answer without an end is given up', async () => {
  const piece = Buffer.alloc(1024 * 1024, '[');
  const { call } = await calling((_request, response) => {
    const more = () => {
      while (!response.closed && response.write(piece));
    };
    response.on('drain', more);
    more();
  });
  await expect(call()).rejects.toMatchObject({ code: 'unreachable' });
});

test('what is no text is not sent', async () => {
  await expect(sdkFetch('http://127.0.0.1:1/', { body: new FormData() })).rejects.toThrow('texts');
});
