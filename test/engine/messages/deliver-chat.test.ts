/** Chat that can't be reached for an hour, on both platforms as they are: their adapters, at doubles behind a cable. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cards } from '../../../src/bots/features/features.ts';
import { createMessenger } from '../../../src/bots/features/messages/chat-messenger.ts';
import { MessageSender } from '../../../src/bots/live/message-sender.ts';
import { directAddress } from '../../../src/bots/slack/messages.ts';
import { slackPlatform } from '../../../src/bots/slack/platform.ts';
import { addressOf } from '../../../src/bots/teams/address.ts';
import { teamsPlatform } from '../../../src/bots/teams/platform.ts';
import type { ChatPlatform } from '../../../src/bots/view/platform.ts';
import type { Address } from '../../../src/core/message.ts';
import { sendDelivery } from '../../../src/engine/messages/deliver.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { TENANT } from '../../bots/teams/activities.ts';
import { startConnector } from '../../bots/teams/connector/connector-double.ts';
import { localConnector } from '../../bots/teams/connector/opened.ts';
import { MINUTE, startedRun, type TestEngine, testEngine } from '../../support/engine.ts';
import { type Cable, startCable } from '../../support/peers/cable.ts';
import { SlackDouble } from '../../support/slack-double/slack-double.ts';

interface Chat {
  readonly platform: ChatPlatform;
  /** Where the person reads. */
  readonly address: Address;
  readonly cable: Cable;
  /** How many messages have arrived. */
  readonly arrived: () => number;
  readonly stop: () => Promise<void>;
  /** An admin removes Latchkey, or installs it again. */
  readonly install?: (installed: boolean) => void;
}

async function throughCable(url: string) {
  const address = new URL(url);
  const cable = await startCable(Number(address.port));
  address.port = String(cable.port);
  return { cable, url: address.href };
}

async function slack(): Promise<Chat> {
  const double = await SlackDouble.start();
  const { cable, url } = await throughCable(double.apiUrl);
  let minutes = 0;
  const platform = slackPlatform({
    token: double.token,
    apiUrl: url,
    log: { warn: () => undefined, error: () => undefined },
    processes: () => 1,
    now: () => Date.now() + minutes * MINUTE,
  });
  return {
    platform,
    address: directAddress(double.addUser('grace').id),
    cable,
    arrived: () => double.workspace.messages.length,
    install(installed) {
      double.workspace.installed = installed;
      minutes += 2; // After a minute one call asks whether it is installed.
    },
    stop: () => double.stop(),
  };
}

async function teams(): Promise<Chat> {
  const connector = await startConnector();
  const { cable, url } = await throughCable(connector.url);
  return {
    platform: teamsPlatform({
      connector: await localConnector(),
      tenantId: TENANT,
      dialogs: true,
    }),
    address: addressOf({
      serviceUrl: url,
      channel: 'msteams',
      tenant: TENANT,
      bot: '28:app',
      conversation: 'a:1',
    }),
    cable,
    arrived: () => connector.messages.length,
    stop: () => connector.stop(),
  };
}

describe.each(Object.entries({ slack, teams }))('%s', (name, open) => {
  let chat: Chat;
  let engine: TestEngine;
  beforeEach(async () => {
    chat = await open();
    engine = await testEngine({ deliver: (id) => send(id) });
  });
  afterEach(async () => {
    await chat.cable.close();
    await chat.stop();
  });

  const send = async (deliveryId: string): Promise<void> => {
    const { platform } = chat;
    const onError = (error: unknown) => {
      throw error;
    };
    const ticks = () => engine.now().getTime();
    const deps = { ...engine, timeZone: 'UTC', cards, onError };
    const sender = new MessageSender(deps, [platform], ticks);
    await sendDelivery(deliveryId, {
      ...engine,
      workerId: 'worker-1',
      mailer: undefined,
      findTexts: async () => undefined,
      timeZone: 'UTC',
      messenger: createMessenger(sender, [platform], engine.stores),
      underWay: new Set(),
    });
  };

  test('that is out of reach for an hour loses no message, and sends none twice', async () => {
    const grace = await engine.person();
    await engine.transact((tx) =>
      tx.conversations.put({
        personId: grace.id,
        address: chat.address,
        lastWroteAt: engine.now(),
      }),
    );
    engine.party.on('POST /users', { json: {} });
    const message = { type: 'chat', to: '{{email}}', message: 'Welcome' };
    const integration = await engine.integration({
      execute: [{ url: `${engine.party.url}/users` }],
      post_execute_notification: [message, { ...message, message: 'Look around' }],
    });
    const states = async () =>
      (await engine.stores.deliveries.forRun(run.id)).map(({ state }) => state);
    const forAnHour = async () => {
      for (let minutes = 0; minutes < 60; minutes += 1) await engine.later(MINUTE);
    };

    chat.cable.cut();
    const run = startedRun(await engine.grant(grace, integration));
    await engine.runJobs();
    await forAnHour();
    expect(await states()).toEqual(['waiting', 'waiting']);

    chat.cable.mend();
    await forAnHour();
    expect(await states()).toEqual(['sent', 'sent']);
    expect(chat.arrived()).toBe(2);
  });

  test.runIf(name === 'slack')(
    'that removed Latchkey gets what waited within a day once it is installed again',
    async () => {
      const grace = await engine.person();
      await engine.transact((tx) =>
        tx.conversations.put({
          personId: grace.id,
          address: chat.address,
          lastWroteAt: engine.now(),
        }),
      );
      engine.party.on('POST /users', { json: {} });
      const integration = await engine.integration({
        execute: [{ url: `${engine.party.url}/users` }],
        post_execute_notification: { type: 'chat', to: '{{email}}', message: 'Welcome' },
      });
      const states = async () =>
        (await engine.stores.deliveries.forRun(run.id)).map(({ state }) => state);
      const forHours = async (hours: number) => {
        for (let quarters = 0; quarters < hours * 4; quarters += 1) await engine.later(15 * MINUTE);
      };

      chat.install?.(false);
      const run = startedRun(await engine.grant(grace, integration));
      await engine.runJobs();
      await forHours(20);
      expect(await states()).toEqual(['waiting']);
      chat.install?.(true);
      await forHours(1);
      expect(await states()).toEqual(['sent']);
      expect(chat.arrived()).toBe(1);
    },
  );

  test('has one channel that needs no name: where notices go, if admins have chosen one', async () => {
    engine.party.on('POST /users', { json: {} });
    const integration = await engine.integration({
      execute: [{ url: `${engine.party.url}/users` }],
      post_execute_notification: { type: 'chat', to: 'notices', message: 'Welcome {{first_name}}' },
    });
    const sentTo = async (email: string) => {
      const person = await engine.person({ email });
      const run = startedRun(await engine.grant(person, integration));
      await engine.runJobs();
      return engine.stores.deliveries.forRun(run.id);
    };
    expect(await sentTo('ann@example.com')).toMatchObject([
      {
        state: 'failed',
        why: expect.stringContaining(
          'No channel is set for notices, or its chat is turned off.',
        ) as string,
      },
    ]);
    const notices = { address: chat.address, name: 'General' };
    await engine.transact((tx) => changeWorkspaceSettings(tx, { notices }));
    expect(await sentTo('bo@example.com')).toMatchObject([{ state: 'sent' }]);
    expect(chat.arrived()).toBe(1);
  });
});
