import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { slackAppManifest } from '../../../src/bots/slack/app-manifest.ts';

const commands = [
  { word: 'help', usage: 'help', summary: () => 'this list' },
  { word: 'find', usage: 'find [person]', summary: () => 'finds someone' },
];

/** As Slack's reference has it; those that need none are left out. */
const SCOPES_OF_METHODS: Readonly<Record<string, string>> = {
  'chat.postEphemeral': 'chat:write',
  'chat.postMessage': 'chat:write',
  'chat.unfurl': 'links:write',
  'chat.update': 'chat:write',
  'conversations.open': 'im:write',
  'files.info': 'files:read',
  'users.info': 'users:read',
  'users.lookupByEmail': 'users:read.email',
};
const WITHOUT_SCOPE = ['auth.test', 'views.open', 'views.publish', 'views.update'];
const SCOPES_OF_EVENTS: Readonly<Record<string, string | undefined>> = {
  'message.im': 'im:history',
  app_mention: 'app_mentions:read',
  team_join: 'users:read',
  link_shared: 'links:read',
  function_executed: undefined,
  app_home_opened: undefined,
  app_uninstalled: undefined,
  tokens_revoked: undefined,
};

describe('the manifest of the Slack app', () => {
  test('names our one address for commands, clicks, options and events', () => {
    const publicUrl = 'https://example.com/latchkey';
    const url = 'https://example.com/latchkey/slack/events';
    const manifest = slackAppManifest({ publicUrl, socketMode: false, commands });
    expect(manifest).toMatchObject({
      features: { slash_commands: [{ command: '/latchkey', should_escape: true, url }] },
      settings: {
        event_subscriptions: {
          bot_events: [
            'message.im',
            'app_mention',
            'team_join',
            'app_home_opened',
            'app_uninstalled',
            'tokens_revoked',
            'link_shared',
            'function_executed',
          ],
          request_url: url,
        },
        interactivity: { is_enabled: true, request_url: url, message_menu_options_url: url },
        socket_mode_enabled: false,
      },
    });
  });

  test('names no address for a socket', () => {
    const manifest = slackAppManifest({
      publicUrl: 'http://localhost:3000',
      socketMode: true,
      commands,
    });
    expect(JSON.stringify(manifest)).not.toContain('localhost');
    expect(manifest.settings.socket_mode_enabled).toBe(true);
  });

  test('hints at the words that there are', () => {
    const { features } = slackAppManifest({ publicUrl: '', socketMode: true, commands });
    expect(features.slash_commands[0]?.usage_hint).toBe('help | find [person]');
  });

  test('hints at no more words than Slack takes, and shows that there are others', () => {
    const many = Array.from({ length: 80 }, (_, n) => ({
      word: `word${n}`,
      usage: `word${n} [person]`,
      summary: () => 'does something',
    }));
    const { features } = slackAppManifest({ publicUrl: '', socketMode: true, commands: many });
    expect(features.slash_commands[0]?.usage_hint).toMatch(/^word0 .{990,993}…$/);
  });

  test('asks for the scopes that are used, and no other', () => {
    const { oauth_config } = slackAppManifest({
      publicUrl: 'https://x.example',
      socketMode: true,
      commands,
    });
    expect(oauth_config.scopes.bot).toEqual([
      'commands',
      'chat:write',
      'app_mentions:read',
      'im:write',
      'im:history',
      'files:read',
      'users:read',
      'users:read.email',
      'links:read',
      'links:write',
    ]);
    expect(oauth_config.scopes.bot_optional).toEqual([
      'app_mentions:read',
      'files:read',
      'links:read',
      'links:write',
    ]);
  });

  test('names the domain of our pages, where Slack can know one', () => {
    const at = (publicUrl: string) => slackAppManifest({ publicUrl, socketMode: true, commands });
    expect(at('https://keys.example.com:8443/latchkey').features).toMatchObject({
      unfurl_domains: ['keys.example.com'],
    });
    for (const none of ['', 'http://keys.example.com', 'https://localhost', 'https://10.0.0.7']) {
      const { features, oauth_config, settings } = at(none);
      expect(features).not.toHaveProperty('unfurl_domains');
      expect(oauth_config.scopes.bot.join()).not.toContain('links:');
      expect(settings.event_subscriptions.bot_events).not.toContain('link_shared');
    }
  });

  test('declares the step of workflows as version 2 has it, and leaves it out where a plan has none', () => {
    const options = { publicUrl: 'https://x.example', socketMode: false, commands };
    expect(slackAppManifest(options)).toMatchObject({
      _metadata: { major_version: 2 },
      settings: { org_deploy_enabled: true, function_runtime: 'remote' },
      functions: {
        request_access: {
          input_parameters: {
            properties: { person: { type: 'slack#/types/user_id' } },
            required: ['app', 'person'],
          },
          output_parameters: { required: ['message'] },
        },
      },
    });
    const without = slackAppManifest({ ...options, workflowStep: false });
    expect(without).not.toHaveProperty('functions');
    expect(without.settings).toMatchObject({ org_deploy_enabled: false });
    expect(JSON.stringify(without)).not.toMatch(/function/);
  });

  test('has the scope of every method that is called and of every event that is heard, and each event is heard', () => {
    const manifest = slackAppManifest({
      publicUrl: 'https://x.example',
      socketMode: true,
      commands,
    });
    const folder = 'src/bots/slack';
    const source = readdirSync(folder)
      .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
      .join('\n');
    const called = [...source.matchAll(/\bclient\.([a-z]+\.[a-zA-Z]+)\(/g)].map(
      ([, name]) => name ?? '',
    );
    expect(
      called.filter((name) => !(name in SCOPES_OF_METHODS) && !WITHOUT_SCOPE.includes(name)),
    ).toEqual([]);

    const { bot_events: events } = manifest.settings.event_subscriptions;
    const needed = [
      ...called.map((name) => SCOPES_OF_METHODS[name]),
      ...events.map((name) => SCOPES_OF_EVENTS[name]),
    ].filter((scope) => scope !== undefined);
    expect(manifest.oauth_config.scopes.bot).toEqual(expect.arrayContaining(needed));
    const heard = [...source.matchAll(/\bapp\.event\('([a-z_]+)'/g)].map(([, name]) => name);
    if (source.includes('app.function(')) heard.push('function_executed');
    expect(new Set(events.map((name) => name.split('.')[0]))).toEqual(new Set(heard));
  });
});
