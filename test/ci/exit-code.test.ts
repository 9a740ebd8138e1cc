import { expect, test } from 'vitest';
import { startPostgres } from '../support/peers/embedded-postgres.ts';

// The hook that it would install ends Vitest with 0, whatever has failed.
test('the PostgreSQL server of the tests leaves the exit code of its process alone', async () => {
  const listeners = () => [process.listeners('beforeExit'), process.listeners('exit')];
  const before = listeners();
  const server = await startPostgres();
  await server.stop();
  expect(listeners()).toEqual(before);
});
