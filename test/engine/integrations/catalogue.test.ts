import { expect, test } from 'vitest';
import {
  type ReadyMade,
  readReadyMade,
  searchCatalogue,
} from '../../../src/engine/integrations/catalogue.ts';

const notes = { permissions: [], values: [], limits: [] };
const one = (name: string, description: string): ReadyMade => ({
  id: name.toLowerCase(),
  name,
  description,
  kind: 'access',
  manifest: '{}',
  notes,
});

test('every word that is typed is looked for, in any case and without accents; names come first', () => {
  const catalogue = [
    one('Équipe', 'A tool for teams.'),
    one('Board', 'Needs an équipe account.'),
    one('Zoom', 'Meetings.'),
  ];
  const found = (typed: string) => searchCatalogue(catalogue, typed).map(({ name }) => name);
  expect(found('EQUIPE')).toEqual(['Équipe', 'Board']);
  expect(found('account equipe')).toEqual(['Board']);
  expect(found('')).toEqual(['Équipe', 'Board', 'Zoom']);
  expect(found('nothing')).toEqual([]);
});

test('an import and an update are distinct from what gives access', () => {
  const sync = (action: string) =>
    JSON.stringify({
      action,
      schedule: '0 6 * * *',
      execute: [{ url: 'https://hr.example.com/people' }],
      data_structure: { email: 'email', first_name: 'first', last_name: 'last' },
    });
  expect(readReadyMade('hr', sync('create'), '# HR')?.kind).toBe('import');
  expect(readReadyMade('hr', sync('update'), '# HR')?.kind).toBe('update');
  expect(readReadyMade('x', '{"execute":[{"url":"https://x.example.com"}]}', '')).toMatchObject({
    kind: 'access',
    name: 'x',
  });
  expect(readReadyMade('x', '{', '')).toBeUndefined();
});

test('a bar within a cell of the notes is no border', () => {
  const read = readReadyMade(
    'x',
    '{"execute":[{"url":"https://x.example.com"}]}',
    '# X\n\nGives **X** and *more*.\n\n## Values to enter\n\n| Id | What | Where |\n|---|---|---|\n| `A` | one \\| two | [Here](https://x.example.com) |\n',
  );
  expect(read?.description).toBe('Gives X and "more".');
  expect(read?.notes.values).toEqual([
    { id: 'A', what: 'one | two', where: 'Here (https://x.example.com)' },
  ]);
});
