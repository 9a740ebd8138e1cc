import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { LogLevel } from '../src/config/config.ts';
import { createLog, linesTo } from '../src/log.ts';

test('a line is one JSON object with what was given', () => {
  const { log, lines } = captured('info');
  log.info({ runId: 'run-1' }, 'run started');
  expect(lines()).toMatchObject([{ level: 30, runId: 'run-1', msg: 'run started' }]);
});

test('what is below the level is left out', () => {
  const { log, lines } = captured('warn');
  log.info('quiet');
  log.warn('loud');
  expect(lines()).toMatchObject([{ msg: 'loud' }]);
});

test('each line at level error is counted, also of a child, and none that is left out', () => {
  let errors = 0;
  const onError = () => void (errors += 1);
  const log = createLog({ level: 'error', onError, destination: { write: () => undefined } });
  log.warn('not one');
  log.error({ where: 'sweep' }, 'one');
  log.child({ workerId: 'w1' }).error('two');
  log.fatal('three');
  expect(errors).toBe(3);
  createLog({ level: 'silent', onError }).error('left out');
  expect(errors).toBe(3);
});

test.each(['token', 'authorization', 'body', 'botToken', 'password', 'headers', 'secrets'])(
  'a value called %s never appears, at the top or beneath',
  (name) => {
    const { log, text } = captured('info');
    log.info({ [name]: 'hunter2', inner: { [name]: 'hunter2' } }, 'oops');
    expect(text()).not.toContain('hunter2');
    expect(text()).toContain('•••');
  },
);

test('an error keeps its cause, and not what an SDK has hung on it', () => {
  const { log, lines, text } = captured('info');
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  const error = Object.assign(new Error('call failed', { cause }), {
    config: { headers: { authorization: 'hunter2' } },
    details: 'hunter2',
  });
  log.error({ error }, 'failed');
  expect(lines()).toMatchObject([
    {
      error: {
        type: 'Error',
        message: 'call failed',
        cause: { message: 'refused', code: 'ECONNREFUSED' },
      },
    },
  ]);
  expect(text()).not.toContain('hunter2');
});

test('an error that causes itself is logged all the same', () => {
  const { log, lines } = captured('info');
  const error = new Error('round');
  error.cause = error;
  log.error({ error }, 'failed');
  expect(lines()).toHaveLength(1);
});

test('a line is in its file at once, after those before it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'log');
  const fd = openSync(file, 'w');
  onTestFinished(() => closeSync(fd));
  const log = createLog({ level: 'info', destination: linesTo(fd) });
  log.info('the first');
  log.info('the second');
  expect(readFileSync(file, 'utf8')).toMatch(/"the first".*\n.*"the second"/);
});

test('a full disk stops neither what logs nor the end of the process', async () => {
  const full = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(full));
  const destination = linesTo(full);
  const log = createLog({ level: 'info', destination });
  const dropped = new Promise((resolve) => destination.on('drop', resolve));
  for (let line = 0; line < 3; line++) log.info('more'.repeat(100_000));
  await dropped; // What waits has a limit.
  expect(() => log.fatal('the end')).not.toThrow(); // It waits until everything is written.
});

function captured(level: LogLevel): {
  readonly log: ReturnType<typeof createLog>;
  readonly text: () => string;
  readonly lines: () => unknown[];
} {
  let written = '';
  const log = createLog({ level, destination: { write: (line) => void (written += line) } });
  return {
    log,
    text: () => written,
    lines: () =>
      written
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
  };
}
