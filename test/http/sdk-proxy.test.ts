/** What the libraries of others call: each of them has its own way out, and a company's firewall knows only the proxy. */
import https from 'node:https';
import { getGlobalDispatcher, setGlobalDispatcher, WebSocket } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { teamsConnector } from '../../src/app/platforms.ts';
import { slackClient } from '../../src/bots/slack/web-api.ts';
import { SdkClients } from '../../src/bots/teams/connector/botbuilder-driver.ts';
import { fetchByName, SigningKeys } from '../../src/bots/teams/signing-keys.ts';
import { doctorCommand } from '../../src/cli/doctor.ts';
import { readConfig } from '../../src/config/config.ts';
import { sendThroughProxy } from '../../src/http/sdk-proxy.ts';
import { createOtlpTracer } from '../../src/observe/otlp.ts';
import { capturedOutput } from '../cli/captured.ts';
import { type ConnectProxy, startConnectProxy } from '../support/peers/connect-proxy.ts';

const GUID = '11111111-2222-3333-4444-555555555555';
const teams = { TEAMS_APP_ID: GUID, TEAMS_APP_PASSWORD: 'x', TEAMS_TENANT_ID: GUID };
const { globalAgent } = https;
const dispatcher = getGlobalDispatcher();
let proxy: ConnectProxy;

beforeEach(async () => {
  proxy = await startConnectProxy(502); // It is asked, and nothing gets out of this machine.
});
afterEach(() => {
  https.globalAgent = globalAgent;
  setGlobalDispatcher(dispatcher);
  proxy.close();
});

const configured = (more: Record<string, string> = {}) => {
  const read = readConfig({ HTTPS_PROXY: proxy.url.href, ...more });
  if (!read.ok || !read.config.proxy) throw new Error('The test sets a wrong proxy');
  return read.config.proxy;
};
const targets = () => proxy.asked.map(({ target }) => target);

test('Slack’s SDK goes through the proxy, over HTTP and over its socket', async () => {
  await sendThroughProxy(configured());
  const client = slackClient({ token: 'xoxb-1' }, { warn() {}, error() {} });
  await expect(client.auth.test()).rejects.toThrow('the proxy made no connection');
  await new Promise((done) =>
    new WebSocket('wss://wss.slack.com/link').addEventListener('error', done),
  );
  expect(targets()).toEqual(['slack.com:443', 'wss.slack.com:443']);
});

test('Teams’ SDK gets the bot’s token through the proxy', async () => {
  await sendThroughProxy(configured());
  const clients = new SdkClients({ appId: GUID, secret: 'x', tenantId: GUID });
  const { conversations } = await clients.of('https://smba.example.com/emea/');
  await expect(conversations.getConversationMember('a:1', 'b')).rejects.toThrow('network_error');
  expect(new Set(targets())).toEqual(new Set(['login.microsoftonline.com:443']));
});

test('without the SDK, Microsoft is called through the proxy, too, and by name', async () => {
  const read = readConfig({ ...teams, HTTPS_PROXY: proxy.url.href, TEAMS_CONNECTOR: 'direct' });
  if (!read.ok || !read.config.teams) throw new Error('The test sets Teams up wrongly');
  const { config } = read;
  const connector = await teamsConnector(read.config.teams, config, () => new Date());
  const at = { serviceUrl: 'https://smba.trafficmanager.net/emea/', conversation: 'a:1' };
  await expect(connector.member(at, 'b')).rejects.toThrow('Entra could not be reached');
  expect(targets()).toEqual(['login.microsoftonline.com:443']);
});

test('the Bot Framework’s keys are fetched through the proxy', async () => {
  await sendThroughProxy(configured());
  const failed: unknown[] = [];
  const onError = (error: unknown) => void failed.push(error);
  const keys = new SigningKeys({ fetchJson: fetchByName, now: () => 0, onError });
  expect(await keys.find('k')).toEqual({ kind: 'unavailable' });
  expect(targets()).toEqual(['login.botframework.com:443']);
  expect(failed).toHaveLength(1);
});

test('Teams’ SDK calls the Bot Connector through the proxy, and past it where NO_PROXY says so', async () => {
  const call = async (serviceUrl: string) => {
    const { conversations } = await new SdkClients(undefined).of(serviceUrl); // Without a token, there is one call.
    await expect(conversations.getConversationMember('a:1', 'b')).rejects.toThrow(
      /no connection|ECONNREFUSED/,
    );
  };
  await sendThroughProxy(configured({ NO_PROXY: 'localhost' }));
  await call('https://smba.example.com/emea/');
  await call('https://localhost:1/');
  expect(targets()).toEqual(['smba.example.com:443']);
});

test('traces go through the proxy', async () => {
  await sendThroughProxy(configured());
  const lost: string[] = [];
  const tracer = createOtlpTracer(
    { endpoint: 'https://collector.example.com', headers: {}, serviceName: 'latchkey' },
    (why) => lost.push(why),
  );
  tracer.start({ name: 'job', kind: 'internal', attributes: {}, parent: undefined }).end();
  await tracer.stop();
  expect(new Set(targets())).toEqual(new Set(['collector.example.com:443']));
  expect(lost).toHaveLength(1);
});

test('the doctor looks through the proxy, as Latchkey does', async () => {
  const { output } = capturedOutput();
  const environment = {
    HTTPS_PROXY: proxy.url.href,
    DATABASE_URL: 'sqlite:./nothing-here.sqlite',
    SLACK_BOT_TOKEN: 'xoxb-1',
    SLACK_APP_TOKEN: 'xapp-1',
    ...teams,
  };
  await doctorCommand({}, { settings: readConfig(environment), now: () => new Date(0) }, output);
  expect(new Set(targets())).toEqual(new Set(['slack.com:443', 'login.microsoftonline.com:443']));
});
