import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  type ConnectorClient,
} from 'botbuilder';
import { expect, test, vi } from 'vitest';
import {
  botbuilderConnector,
  SdkClients,
} from '../../../../src/bots/teams/connector/botbuilder-driver.ts';

const SERVICE = 'https://smba.example.com/emea/';
const policies = ({ client }: ConnectorClient) =>
  client.pipeline.getOrderedPolicies().map(({ name }) => name);

/** The SDK's own client, which Latchkey doesn't use as it is. */
function plain(): Promise<ConnectorClient> {
  const authentication = new ConfigurationBotFrameworkAuthentication({});
  const identity = new CloudAdapter(authentication).createClaimsIdentity('');
  return authentication.createConnectorFactory(identity).create(SERVICE);
}

test('a client neither repeats what it sends nor looks for a proxy, as the SDK’s own does', async () => {
  expect(policies(await plain())).toEqual(
    expect.arrayContaining(['defaultRetryPolicy', 'proxyPolicy']),
  );
  const ours = policies(await new SdkClients(undefined).of(SERVICE));
  expect(ours).toContain('byNodesOwnAgent');
  expect(ours.filter((name) => /retry|proxy/i.test(name))).toEqual([]);
});

test('a client is made once for each service address', async () => {
  const clients = new SdkClients(undefined);
  const made = await clients.of(SERVICE);
  expect(await clients.of(SERVICE)).toBe(made);
  expect(await clients.of('https://smba.example.com/amer/')).not.toBe(made);
});

test('each message to the local client has a connection of its own, since an idle one may be closing', async () => {
  const connections: (string | undefined)[] = [];
  const server = createServer(({ headers }, response) => {
    connections.push(headers.connection);
    response.setHeader('content-type', 'application/json').end('{"id":"1"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { conversations } = await new SdkClients(undefined).of(`http://127.0.0.1:${port}`);
  await conversations.sendToConversation('a', { type: 'message' });
  expect(connections).toEqual(['close']);
  server.close();
});

test('a client that can’t be made is a failure of the platform', async () => {
  const of = vi
    .spyOn(SdkClients.prototype, 'of')
    .mockRejectedValue(Object.assign(new Error('a secret'), { code: 'ETIMEDOUT' }));
  const at = { serviceUrl: SERVICE, conversation: 'a:1' };
  await expect(botbuilderConnector(undefined).member(at, '29:ann')).rejects.toMatchObject({
    code: 'unreachable',
    message: 'The Bot Connector could not be reached (ETIMEDOUT)',
  });
  of.mockRestore();
});
