/** The row that follows from the function that writes it: what the compiler asks of who reads one. */
import { expect, test } from 'vitest';
import { oneOf, type RowOf } from '../../../src/store/work/columns.ts';

type State = 'open' | 'done';
const states: Record<State, true> = { open: true, done: true };

test('a word is read as one of its column, and nothing else is taken for one', () => {
  const toRow = (state: State) => ({ state });
  const row: RowOf<typeof toRow> = { state: 'torn' };
  // @ts-expect-error -- The database may hold any word.
  const unread: State = row.state;
  expect(unread).toBe('torn');
  expect(() => oneOf(states, row.state, 'tasks.state')).toThrow('tasks.state');
});

test('a column that is written as undefined, which an update would not clear, is not read', () => {
  const toRow = (runId: string | undefined) => ({ run_id: runId });
  const unwritten = { isWrittenAs: undefined };
  const row: RowOf<typeof toRow> = { run_id: unwritten };
  // @ts-expect-error -- The function has to write null.
  const runId: string | null = row.run_id;
  expect(runId).toBe(unwritten);
});
