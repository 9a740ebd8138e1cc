import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { failed, send } from './support.ts';

// Made for this test alone, valid for a hundred years, and trusted by nobody.
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjj2MgFuHNXslFn3U
HjuSTOJU/LPuegwBSOgC4CjMEYehRANCAAQvhz6gbzzXJdtxI3y7tJWJIgLJs7xx
h4wBUBduo4CBdfTEYLDpo6F9IENtUMHCdgq4InPV1uCxM1T3gBEZUHMK
-----END PRIVATE KEY-----`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBnDCCAUOgAwIBAgIUWt77T/gAE/yQSCMy08wNR684Dn8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyNTAwNDAyMFoYDzIxMjYxMTAx
MDA0MDIwWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQvhz6gbzzXJdtxI3y7tJWJIgLJs7xxh4wBUBduo4CBdfTEYLDpo6F9
IENtUMHCdgq4InPV1uCxM1T3gBEZUHMKo3EwbzAdBgNVHQ4EFgQUtppJoABDtx04
XTnbTmnvnPtmxrowHwYDVR0jBBgwFoAUtppJoABDtx04XTnbTmnvnPtmxrowDwYD
VR0TAQH/BAUwAwEB/zAcBgNVHREEFTAThwR/AAABggt0bHMuZXhhbXBsZTAKBggq
hkjOPQQDAgNHADBEAiBUl7zJgKZAW2dc7bK1wrxoi1EUhTfGIegJOfz/8INcTgIg
GXTSXivBWyVjQX6+X6wdk4xwJw5qS+AsgqDvQHAjeYA=
-----END CERTIFICATE-----`;

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
