import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigurationBotFrameworkAuthentication } from 'botbuilder';
import { expect, test } from 'vitest';
import { pipelineOf, TeamsAdapter } from '../../../src/bots/teams/botbuilder-internals.ts';

const SERVICE = 'https://smba.example.com/emea/';
const authentication = new ConfigurationBotFrameworkAuthentication({});
const policies = (connector: Parameters<typeof pipelineOf>[0]) =>
  pipelineOf(connector)
    .getOrderedPolicies()
    .map(({ name }) => name);

/** The SDK's own connector, which Latchkey doesn't use as it is. */
class PlainAdapter extends TeamsAdapter {
  plain() {
    const identity = this.createClaimsIdentity('');
    return this.botFrameworkAuthentication.createConnectorFactory(identity).create(SERVICE);
  }
}

test('a connector neither repeats what it sends nor looks for a proxy, as the SDK’s own does', async () => {
  const adapter = new PlainAdapter(authentication);
  expect(policies(await adapter.plain())).toEqual(
    expect.arrayContaining(['defaultRetryPolicy', 'proxyPolicy']),
  );
  const ours = policies(await adapter.connector('', SERVICE));
  expect(ours).toContain('byNodesOwnAgent');
  expect(ours.filter((name) => /retry|proxy/i.test(name))).toEqual([]);
});

test('a connector is made once for each service address', async () => {
  const adapter = new TeamsAdapter(authentication);
  const made = await adapter.connector('', SERVICE);
  expect(await adapter.connector('', SERVICE)).toBe(made);
  expect(await adapter.connector('', 'https://smba.example.com/amer/')).not.toBe(made);
});

test('each message to the local client has a connection of its own, since an idle one may be closing', async () => {
  const connections: (string | undefined)[] = [];
  const server = createServer(({ headers }, response) => {
    connections.push(headers.connection);
    response.setHeader('content-type', 'application/json').end('{"id":"1"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const adapter = new TeamsAdapter(authentication);
  const { conversations } = await adapter.connector('', `http://127.0.0.1:${port}`);
  await conversations.sendToConversation('a', { type: 'message' });
  expect(connections).toEqual(['close']);
  server.close();
});
