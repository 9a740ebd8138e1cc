import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { checkCommand } from '../../src/cli/check.ts';
import { capturedOutput } from './captured.ts';
import { writtenFiles } from './files.ts';

const good = { execute: [{ url: 'https://api.example.com/users', data: { user: '{{email}}' } }] };
const warned = { execute: [{ ...good.execute[0], colour: 'red' }] };
const bad = { execute: [{ url: 'https://api.example.com', method: 'FETCH' }], excute: [] };

test('a manifest without errors passes, and each file is named', async () => {
  const files = await writtenFiles({ good, warned });
  const { output, stdout } = capturedOutput();
  expect(await checkCommand([files.good, files.warned], {}, output)).toBe(0);
  const lines = stdout().trimEnd().split('\n');
  expect(lines[0]).toBe(`ok       ${files.good}`);
  expect(lines[1]).toContain(`warning  ${files.warned}:execute[0].colour: is not a known key`);
  expect(lines[2]).toBe('2 files, 0 errors, 1 warning');
});

test('every error of a manifest is listed with file, place and cure', async () => {
  const files = await writtenFiles({ bad });
  const { output, stdout } = capturedOutput();
  expect(await checkCommand([files.bad], {}, output)).toBe(1);
  expect(stdout()).toContain(
    `${files.bad}:execute[0].method: "FETCH" is not a request method; use GET, POST, PUT, PATCH, DELETE or HEAD\n`,
  );
  expect(stdout()).toContain(`${files.bad}:excute: `);
  expect(stdout()).toContain('1 file, 2 errors, 0 warnings\n');
});

test('one bad file among good ones fails the check', async () => {
  const files = await writtenFiles({ good, bad });
  expect(await checkCommand([files.bad, files.good], {}, capturedOutput().output)).toBe(1);
});

test('broken JSON is an error with line and column', async () => {
  const files = await writtenFiles({ broken: '{\n  "execute": [}\n' });
  const { output, stdout } = capturedOutput();
  expect(await checkCommand([files.broken], {}, output)).toBe(1);
  expect(stdout()).toContain(`${files.broken}:line 2, column 15: not valid JSON`);
});

test.each(['latin1', 'utf16le'] as const)(
  'a file in %s is refused, since a guess would change its names',
  async (encoding) => {
    const files = await writtenFiles({ foreign: '' });
    const text = JSON.stringify({ ...good, revoke_note: 'Schlüssel' });
    await writeFile(files.foreign, text, encoding);
    const { output, stdout } = capturedOutput();
    expect(await checkCommand([files.foreign], {}, output)).toBe(1);
    expect(stdout()).toContain(`${files.foreign}: this is not UTF-8 text; save it as UTF-8`);
  },
);

test('a file that is not there is an error with a cure', async () => {
  const { output, stdout } = capturedOutput();
  expect(await checkCommand(['no/such.json'], {}, output)).toBe(1);
  expect(stdout()).toContain('no/such.json: there is no such file; check its name');
});

test('a folder is an error with a cure', async () => {
  const { output, stdout } = capturedOutput();
  expect(await checkCommand(['test'], {}, output)).toBe(1);
  expect(stdout()).toContain('test: this is a folder; name a file');
});

test('as JSON it is one object, by file and all together', async () => {
  const files = await writtenFiles({ good, bad });
  const { output, stdout, stderr } = capturedOutput();
  expect(await checkCommand([files.good, files.bad], { json: true }, output)).toBe(1);
  const report: unknown = JSON.parse(stdout());
  expect(report).toMatchObject({
    ok: false,
    warnings: [],
    files: [
      { file: files.good, ok: true, errors: [], warnings: [] },
      { file: files.bad, ok: false, errors: [{ place: 'execute[0].method' }, { place: 'excute' }] },
    ],
    errors: [
      { file: files.bad, place: 'execute[0].method' },
      { file: files.bad, place: 'excute' },
    ],
  });
  expect(stderr()).toBe('');
});

test('a manifest with ten mistakes lists ten errors', async () => {
  const files = await writtenFiles({
    wrong: {
      frobnicate: 1,
      form: [
        { id: 'email', name: 'Address', type: 'input' },
        { id: 'TEAM', name: 'Team', type: 'radio' },
        { id: 'LIST', name: 'List', type: 'choice' },
      ],
      execute: [
        { url: 'https://a.example.com', method: 'FETCH' },
        { method: 'GET' },
        { url: 'ftp://a.example.com' },
        { url: 'https://a.example.com', polling: { interval: 5, amount: 3 } },
        { url: 'https://a.example.com', data: { name: '{{first_name|upper}}' } },
      ],
      post_execute_notification: [{ type: 'email', to: '{{email}}', message: 'Hi' }],
    },
  });
  const { output, stdout } = capturedOutput();
  await checkCommand([files.wrong], {}, output);
  expect(stdout()).toContain('1 file, 10 errors, 0 warnings');
});
