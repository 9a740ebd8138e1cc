import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { commands as words } from '../../../src/bots/features/commands.ts';
import { teamsAppFiles, teamsAppManifest } from '../../../src/bots/teams/app-package.ts';

const options = {
  appId: 'c9e8c047-2a74-40a2-b28a-b162d5f5327c',
  publicUrl: 'https://latchkey.example.com/base',
  name: 'Latchkey',
  commands: Array.from({ length: 12 }, (_, n) => ({
    word: `word${n}`,
    usage: `word${n} [person]`,
    summary: () => (n === 0 ? 'this list' : 'does something, '.repeat(20)),
  })),
};

/** https://developer.microsoft.com/json-schemas/teams/v1.17/MicrosoftTeams.schema.json, as @microsoft/app-manifest 1.1.2 (MIT) has it. */
const published: unknown = JSON.parse(
  readFileSync(new URL('manifest-schema-1.17.json', import.meta.url), 'utf8'),
);
const microsofts = z.fromJSONSchema(resolved(published) as Parameters<typeof z.fromJSONSchema>[0]);

/** It refers to parts of itself that stand in the middle of it, which zod looks for among definitions only. */
function resolved(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(resolved);
  if (typeof part !== 'object' || part === null) return part;
  if ('$ref' in part && typeof part.$ref === 'string' && part.$ref.startsWith('#/properties/'))
    return resolved(
      part.$ref
        .slice(2)
        .split('/')
        .reduce<unknown>((within, name) => (within as Record<string, unknown>)[name], published),
    );
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, resolved(value)]));
}

test('the package holds the manifest and its icons', () => {
  const files = teamsAppFiles(options);
  expect(files.map(({ name }) => name)).toEqual(['manifest.json', 'color.png', 'outline.png']);
  const [manifest] = files;
  expect(JSON.parse(Buffer.from(manifest?.bytes ?? []).toString())).toEqual(
    teamsAppManifest(options),
  );
});

describe('Microsoft’s published schema', () => {
  const taken = (manifest: unknown) => microsofts.safeParse(manifest);

  test('takes the manifest, with every word that the bot knows', () => {
    expect(taken(teamsAppManifest({ ...options, commands: words })).error?.issues).toBeUndefined();
  });

  test('takes it with long names and texts, too', () => {
    expect(taken(teamsAppManifest({ ...options, name: 'L'.repeat(200) })).success).toBe(true);
  });

  test.each([
    [
      'an eleventh command',
      {
        bots: [
          {
            botId: options.appId,
            scopes: ['personal'],
            commandLists: [
              {
                scopes: ['personal'],
                commands: Array.from({ length: 11 }, () => ({ title: 'a', description: 'b' })),
              },
            ],
          },
        ],
      },
    ],
    ['an unknown key', { colour: 'blue' }],
    ['an id that is none', { id: 'latchkey' }],
  ])('would refuse %s', (_, change) => {
    expect(taken({ ...teamsAppManifest(options), ...change }).success).toBe(false);
  });
});

test('the manifest offers the bot personally, in teams and in group chats, and keeps to Teams’ lengths', () => {
  const manifest = teamsAppManifest({
    ...options,
    name: 'A very long name for an app, longer than Teams takes',
  });
  expect(manifest).toMatchObject({
    manifestVersion: '1.17',
    id: options.appId,
    name: { short: 'A very long name for an app, l' },
    bots: [{ botId: options.appId, scopes: ['personal', 'team', 'groupChat'] }],
    validDomains: ['latchkey.example.com'],
  });
  const { bots, description } = manifest as {
    bots: { commandLists: { commands: { title: string; description: string }[] }[] }[];
    description: { short: string };
  };
  const commands = bots[0]?.commandLists[0]?.commands ?? [];
  expect(commands).toHaveLength(10);
  expect(commands[0]).toEqual({ title: 'word0', description: 'this list' });
  for (const { title, description: text } of commands) {
    expect(title.length).toBeLessThanOrEqual(32);
    expect(text.length).toBeLessThanOrEqual(128);
  }
  expect(description.short.length).toBeLessThanOrEqual(80);
});

test('the manifest offers the extension where one writes, in the command box and on messages', () => {
  const { composeExtensions } = teamsAppManifest(options) as {
    composeExtensions: {
      botId: string;
      commands: { title: string; description: string }[];
    }[];
  };
  expect(composeExtensions).toMatchObject([
    {
      botId: options.appId,
      commands: [
        {
          id: 'access',
          type: 'action',
          context: ['compose', 'commandBox', 'message'],
          fetchTask: true,
        },
      ],
    },
  ]);
  for (const { title, description } of composeExtensions[0]?.commands ?? []) {
    expect(title.length).toBeLessThanOrEqual(32);
    expect(description.length).toBeLessThanOrEqual(128);
  }
});

test('the bot is given the files that people send it', () => {
  expect(teamsAppManifest(options)).toMatchObject({ bots: [{ supportsFiles: true }] });
});

test.each([
  ['color.png', 192],
  ['outline.png', 32],
])('%s is a PNG of %i pixels a side', (name, size) => {
  const bytes = Buffer.from(teamsAppFiles(options).find((file) => file.name === name)?.bytes ?? []);
  expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([size, size]);
  const length = bytes.readUInt32BE(33);
  expect(inflateSync(bytes.subarray(41, 41 + length))).toHaveLength(size * (1 + size * 4));
});
