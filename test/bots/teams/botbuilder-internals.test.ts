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
