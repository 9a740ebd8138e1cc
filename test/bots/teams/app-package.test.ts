import { inflateSync } from 'node:zlib';
import translated from '@microsoft/app-manifest/build/json-schemas/teams/v1.17/MicrosoftTeams.Localization.schema.json' with {
  type: 'json',
};
import published from '@microsoft/app-manifest/build/json-schemas/teams/v1.17/MicrosoftTeams.schema.json' with {
  type: 'json',
};
import Ajv from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { commands as words } from '../../../src/bots/features/commands.ts';
import {
  teamsAppFiles,
  teamsAppManifest,
  teamsTranslation,
} from '../../../src/bots/teams/app-package.ts';

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

/** The schema that a manifest of this version names, which speaks JSON Schema's draft 4. */
const validator = new Ajv.default({ allErrors: true, strict: false });
addFormats.default(validator);
const isValid = validator.compile(published);

/** @returns the rules of the schema that a manifest breaks, each after its place */
function complaints(manifest: unknown): string[] {
  if (isValid(manifest)) return [];
  return (isValid.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
}

test('the package holds the manifest and its icons', () => {
  const files = teamsAppFiles(options);
  expect(files.map(({ name }) => name)).toEqual([
    'manifest.json',
    'de.json',
    'color.png',
    'outline.png',
  ]);
  const [manifest] = files;
  expect(JSON.parse(Buffer.from(manifest?.bytes ?? []).toString())).toEqual(
    teamsAppManifest(options),
  );
});

test('the package has a file for each other language, which fits Microsoft’s schema', () => {
  // Its patterns have brackets that the stricter kind of patterns refuses.
  const lenient = new Ajv.default({ strict: false, unicodeRegExp: false });
  addFormats.default(lenient);
  const isTranslation = lenient.compile(translated);
  const german = teamsTranslation('de', { ...options, commands: words });
  expect([isTranslation(german), isTranslation.errors]).toEqual([true, null]);
  expect(german).toMatchObject({
    'description.short': 'Richtet Konten zum ersten Arbeitstag ein und entfernt sie am letzten.',
  });
});

describe('Microsoft’s published schema', () => {
  test('takes the manifest, with every word that the bot knows', () => {
    expect(complaints(teamsAppManifest({ ...options, commands: words }))).toEqual([]);
  });

  test('takes it with long names and texts, too', () => {
    expect(complaints(teamsAppManifest({ ...options, name: 'L'.repeat(200) }))).toEqual([]);
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
      '/bots/0/commandLists/0/commands maxItems',
    ],
    ['an unknown key', { colour: 'blue' }, ' additionalProperties'],
    ['an id that is none', { id: 'latchkey' }, '/id pattern'],
  ])('would refuse %s', (_, change, complaint) => {
    expect(complaints({ ...teamsAppManifest(options), ...change })).toEqual([complaint]);
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
    composeExtensions: [
      { messageHandlers: [{ type: 'link', value: { domains: ['latchkey.example.com'] } }] },
    ],
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
