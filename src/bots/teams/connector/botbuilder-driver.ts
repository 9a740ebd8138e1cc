/**
 * The Bot Connector through Microsoft's SDK (`botbuilder`), which is archived. Everything here uses its private parts;
 * `test/bots/teams/connector/botbuilder-driver.test.ts` fails when they change.
 */
import { Agent } from 'node:http';
import https from 'node:https';
import {
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  ConfigurationServiceClientCredentialFactory,
  type ConnectorClient,
  type Policy,
} from 'botbuilder';
import { z } from 'zod';
import { type Connector, idIn, memberIn, sentIdIn } from './connector.ts';
import type { SecretApp } from './credential.ts';
import { codeIn, notReached, refusalOf } from './refusal.ts';

/** @param app undefined for the local client, which takes no tokens */
export function botbuilderConnector(app: SecretApp | undefined): Connector {
  const clients = new SdkClients(app);
  async function call(
    serviceUrl: string,
    work: (conversations: ConnectorClient['conversations']) => Promise<unknown>,
  ): Promise<unknown> {
    try {
      const { conversations } = await clients.of(serviceUrl);
      return await work(conversations);
    } catch (error) {
      throw asPlatformError(error);
    }
  }
  return {
    driver: 'botbuilder',
    send: async ({ serviceUrl, conversation }, activity) =>
      sentIdIn(
        await call(serviceUrl, (sdk) => sdk.sendToConversation(conversation, activity)),
        activity,
      ),
    async update({ serviceUrl, conversation, message }, activity) {
      const replacement = { ...activity, id: message };
      await call(serviceUrl, (sdk) => sdk.updateActivity(conversation, message, replacement));
    },
    open: async (serviceUrl, start) =>
      idIn(await call(serviceUrl, (sdk) => sdk.createConversation(start))),
    member: async ({ serviceUrl, conversation }, userId) =>
      memberIn(await call(serviceUrl, (sdk) => sdk.getConversationMember(conversation, userId))),
  };
}

/**
 * We use the SDK only to get the bot's tokens and to call the connector. We don't use its turns: each made three clients
 * of the connector, which cost a quarter of an interaction's time, and Latchkey answers by address.
 */
export class SdkClients {
  readonly #authentication: ConfigurationBotFrameworkAuthentication;
  readonly #identity: unknown;
  /** By service address. Teams has one for each region. */
  readonly #clients = new Map<string, Promise<ConnectorClient>>();

  constructor(app: SecretApp | undefined) {
    this.#authentication = authenticationOf(app);
    this.#identity = new CloudAdapter(this.#authentication).createClaimsIdentity(app?.appId ?? '');
  }

  of(serviceUrl: string): Promise<ConnectorClient> {
    const known = this.#clients.get(serviceUrl);
    if (known) return known;
    if (this.#clients.size >= MAX_CLIENTS) this.#clients.clear();
    const made = this.#make(serviceUrl);
    this.#clients.set(serviceUrl, made);
    made.catch(() => this.#clients.delete(serviceUrl)); // The next caller tries again. The callers that wait get the error.
    return made;
  }

  async #make(serviceUrl: string): Promise<ConnectorClient> {
    const made = await this.#authentication
      .createConnectorFactory(this.#identity)
      .create(serviceUrl);
    const { pipeline } = made.client;
    // The SDK would retry a POST for minutes, and people might get a message twice. The caller decides about retries.
    pipeline.removePolicy({ name: 'defaultRetryPolicy' });
    // The SDK reads the proxy from the environment, which lacks a `.env` file's proxy, and it reads NO_PROXY differently from us.
    pipeline.removePolicy({ name: 'proxyPolicy' });
    pipeline.addPolicy(byNodesOwnAgent);
    return made;
  }
}

/** There are far fewer regions. Each address costs one client in memory. */
const MAX_CLIENTS = 100;

function authenticationOf(app: SecretApp | undefined): ConfigurationBotFrameworkAuthentication {
  if (!app) return new ConfigurationBotFrameworkAuthentication({});
  const single = {
    MicrosoftAppId: app.appId,
    MicrosoftAppPassword: app.secret,
    MicrosoftAppType: 'SingleTenant',
    MicrosoftAppTenantId: app.tenantId,
  };
  return new ConfigurationBotFrameworkAuthentication(
    single,
    new ConfigurationServiceClientCredentialFactory(single),
  );
}

/**
 * Of the local client alone: it closes an idle connection after five seconds, just when Node's own agent might send a
 * message on it, and the SDK doesn't send that again.
 */
const localAgent = new Agent({ keepAlive: false });

/** This process's Node agent uses the proxy, when there is one. */
const byNodesOwnAgent: Policy = {
  name: 'byNodesOwnAgent',
  sendRequest(request, next) {
    request.agent = request.url.startsWith('https:') ? https.globalAgent : localAgent;
    return next(request);
  },
};

const failure = z.looseObject({
  statusCode: z.number().optional().catch(undefined),
  code: z.string().optional().catch(undefined),
});

/** Drops the SDK's error as a cause: it holds the request with our token and the card, and causes go to the log. */
function asPlatformError(error: unknown): unknown {
  if (error instanceof TypeError || error instanceof RangeError) return error;
  const { statusCode: status, code } = failure.safeParse(error).data ?? {};
  return status === undefined
    ? notReached(codeIn(code) ?? 'no reason given')
    : refusalOf({ status, code, retryAfter: retryAfterOf(error) });
}

const answered = z.looseObject({
  response: z.looseObject({ headers: z.custom<{ get(name: string): unknown }>() }),
});

const retryAfterOf = (error: unknown): unknown =>
  answered.safeParse(error).data?.response.headers.get('retry-after');
