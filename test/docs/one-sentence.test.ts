/** What is said in several places is said in the same words. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test.each([
  'README.md',
  'package.json',
  'Dockerfile',
  'deploy/helm/latchkey/Chart.yaml',
  'src/cli/program.ts',
  'src/web/about.ts',
  'src/bots/slack/app-manifest.ts',
  'src/bots/teams/app-package.ts',
])('%s says what Latchkey does', (file) => {
  const sentence = "ets up people's accounts on their first day and removes them on their last";
  expect(readFileSync(file, 'utf8')).toContain(sentence);
});

test.each(['scripts/build-sqlite.js', 'src/store/sqlite-missing.ts'])(
  '%s says what compiling SQLite needs',
  (file) => {
    const needs =
      'Install Python 3, make and a C++ compiler (Debian: "apt install python3 make g++", macOS: "xcode-select --install")';
    expect(readFileSync(file, 'utf8')).toContain(needs);
  },
);
