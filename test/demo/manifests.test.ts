import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseManifest } from '../../src/engine/manifest/parse.ts';

export const readManifest = (name: string): string =>
  readFileSync(new URL(`../../demo/manifests/${name}.json`, import.meta.url), 'utf8');

test.each(['fernboard', 'lodestone', 'pigeon-post'])(
  'the manifest of %s has no problem',
  (name) => {
    expect(parseManifest(readManifest(name))).toMatchObject({ ok: true, warnings: [] });
  },
);
