/** What `--set` says of a form. */
import { expect, test } from 'vitest';
import { answers } from '../../src/cli/answers.ts';
import type { Session } from '../../src/cli/session.ts';
import { parseManifest } from '../../src/engine/manifest/parse.ts';
import type { Integration, Person } from '../../src/engine/people/directory.ts';

const read = parseManifest(
  JSON.stringify({
    form: [
      {
        id: 'TEAMS',
        name: 'Teams',
        type: 'multiple_choice',
        items: [
          { id: 'dw', name: 'Design, web' },
          { id: 'd', name: 'Design' },
          { id: 's', name: 'Sales' },
        ],
      },
      { id: 'TITLE', name: 'Title', type: 'input' },
    ],
    execute: [{ url: 'https://api.example.com/u', data: { teams: '{{TEAMS}}', t: '{{TITLE}}' } }],
  }),
);
if (!read.ok) throw new Error(JSON.stringify(read.errors));
const { form: fields } = read.manifest;

const given = async (...set: readonly string[]) => {
  const about = { person: {} as Person, integration: {} as Integration, session: {} as Session }; // Only for fetched options.
  const { form } = await answers({ fields, facts: [] }, ['TITLE=Lead', ...set], about);
  return form;
};

test('an option with a comma in its name is one option', async () => {
  expect(await given('TEAMS=Design, web')).toMatchObject({ TEAMS: ['dw'] });
  expect(await given('TEAMS=Design, Sales')).toMatchObject({ TEAMS: ['d', 's'] });
});

test('several options may each have a --set, and any other field has one', async () => {
  expect(await given('TEAMS=Design, web', 'TEAMS=sales')).toMatchObject({ TEAMS: ['dw', 's'] });
  await expect(given('TEAMS=d', 'TITLE=Boss')).rejects.toThrow('TITLE is given twice');
});
