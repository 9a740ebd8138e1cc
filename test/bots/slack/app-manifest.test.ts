import { describe, expect, test } from 'vitest';
import { slackAppManifest } from '../../../src/bots/slack/app-manifest.ts';

const commands = [
  { word: 'help', usage: 'help', summary: 'this list' },
  { word: 'find', usage: 'find [person]', summary: 'finds somebody' },
];

describe('the manifest of the Slack app', () => {
  test('names our one address for commands, clicks, options and events', () => {
    const publicUrl = 'https://example.com/latchkey';
    const url = 'https://example.com/latchkey/slack/events';
    const manifest = slackAppManifest({ publicUrl, socketMode: false, commands });
    expect(manifest).toMatchObject({
      features: { slash_commands: [{ command: '/latchkey', should_escape: true, url }] },
      settings: {
        event_subscriptions: {
          bot_events: ['message.im', 'team_join', 'app_home_opened'],
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
      summary: 'does something',
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
      'im:write',
      'im:history',
      'files:read',
      'users:read',
      'users:read.email',
    ]);
  });
});
