import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { networkFailure } from '../../src/http/failure.ts';
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

  expect(answer).toMatchObject({ code: 'bad-certificate', maySent: false });
  expect(answer.message).toMatch(/is from no authority that Latchkey trusts .*NODE_EXTRA_CA_CERTS/);
  expect(received).toEqual([]);
});

test.each([
  ['CERT_HAS_EXPIRED', 'has expired (CERT_HAS_EXPIRED). It has to be renewed there.'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'is for another name (ERR_TLS_CERT_ALTNAME_INVALID). Check the'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'is from no authority that Latchkey trusts'],
  ['CERT_REVOKED', 'is not valid (CERT_REVOKED). Check the address'],
])('what is wrong with a certificate is said: %s', (code, said) => {
  const url = new URL('https://fernboard.example.com');
  const error = Object.assign(new Error('refused'), { code });
  const hop = { url, connected: false, sentBefore: false };
  expect(networkFailure(error, hop).message).toContain(`fernboard.example.com ${said}`);
  expect(networkFailure(error, { ...hop, sentBefore: true }).code).toBe('connection-lost');
});
