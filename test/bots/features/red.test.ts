/** Red is for what destroys. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SRC = 'src/bots/features';
/** Each takes away what someone has, or what only they could make again. */
const DESTROYS = [
  'Deactivate',
  'Delete',
  'End now',
  'Erase for good',
  'Give back',
  'Offboard now',
  'Remove',
  'Revoke',
  'Turn off',
  'Unlink',
];

test('red stands only on the step that destroys', () => {
  const red = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(join(SRC, file), 'utf8').matchAll(
        /(?:submitLabel: \(\) =>|label:) t`([^`]*)`,(?:\s*about: [^\n]*)?\s*tone: 'danger'/g,
      ),
    ])
    .map(([, label]) => label);
  expect(red.length).toBeGreaterThan(15);
  expect(new Set(red)).toEqual(new Set(DESTROYS));
});
