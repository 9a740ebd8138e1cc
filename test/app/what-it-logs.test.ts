/** What an operator reads where Latchkey starts and stops: `main.js` in a process of its own. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MainProcess, startMainProcess } from '../support/company/main-process.ts';

let main: MainProcess;
let isStopped = false;

beforeAll(async () => {
  main = await startMainProcess(({ folder }) => {
    // As 0.2.0 has left it, in a folder that was there before.
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'old.sqlite'), '', { mode: 0o644 });
    return {
      ADMIN_EMAIL: 'ada@example.com',
      DATABASE_URL: `sqlite:${join(folder, 'old.sqlite')}`,
      LATCHKEY_KEYS: Buffer.alloc(32, 7).toString('base64url'),
    };
  });
});
afterAll(() => (isStopped ? undefined : main?.stop()));

test('a variable that is nearly one of ours is named, and what to write', () => {
  expect(main.log()).toContain('ADMIN_EMAIL is set, and Latchkey has no such variable');
  expect(main.log()).toContain('did you mean ADMIN_EMAILS?');
});

test('that others may open the database is said, with what to do', () => {
  expect(main.log()).toMatch(
    /old\.sqlite \(644\) lets other users.+Run: chmod 600 '.+old\.sqlite'/,
  );
});

test('that there is no admin yet is said before all else that is missing', async () => {
  const log = await main.logged(/No chat is connected/);
  const [before = '', after] = log.split('There is no admin yet. Set ADMIN_EMAILS');
  expect(after).toContain('No chat is connected');
  expect(before).not.toContain('Latchkey is up');
});

test('an operator who stops it reads that it waits, for what and for how long, and that it has stopped', async () => {
  await main.logged(/The worker claims jobs/);
  isStopped = true;
  await main.stop();
  expect(main.log()).toMatch(
    /"seconds":\d+,.*"Latchkey is stopping\. It waits for requests, cards and steps that are under way/,
  );
  const [, after = ''] = main.log().split('Latchkey is stopping.');
  expect(after).toMatch(/"The worker has stopped"[^]*"Latchkey has stopped"/);
});
