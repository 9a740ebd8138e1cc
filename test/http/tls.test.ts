import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { CERTIFICATE, KEY } from '../support/peers/certificate.ts';
import { failed, send } from './support.ts';

test('a service with a certificate that nobody vouches for gets nothing', async () => {
  const received: string[] = [];
  const server = createServer({ key: KEY, cert: CERTIFICATE }, (request, response) => {
    received.push(request.method ?? '');
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;

  const answer = await failed(send({ method: 'POST', url: `https://127.0.0.1:${port}` }));

  expect(answer).toMatchObject({ code: 'no-connection', maySent: false });
  expect(answer.message).toContain('certificate');
  expect(received).toEqual([]);
});
