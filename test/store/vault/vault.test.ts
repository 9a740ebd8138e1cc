import { randomBytes } from 'node:crypto';
import { assert, asyncProperty, string } from 'fast-check';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { expect, test } from 'vitest';
import { createVault, type Identity, type VaultError } from '../../../src/store/vault/vault.ts';

const here: Identity = { table: 'secrets', row: 'i/TOKEN', column: 'value' };
const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];

test('every text is opened as it was sealed, and never shows in what is kept', async () => {
  const vault = createVault([newKey]);
  const text = string({ unit: 'grapheme', maxLength: 200 });
  await assert(
    asyncProperty(text, async (plain) => {
      const sealed = await vault.seal(here, plain);
      expect(await vault.open(here, sealed)).toBe(plain);
    }),
  );
  expect(await vault.seal(here, 'a-secret-value')).not.toContain('a-secret-value');
});

test('a sealed text is a JWE, which any library opens and makes', async () => {
  const vault = createVault([newKey]);
  const sealed = await vault.seal(here, 'Grüße');
  const { plaintext, protectedHeader } = await compactDecrypt(sealed, newKey);
  expect(new TextDecoder().decode(plaintext)).toBe('Grüße');
  const made = await new CompactEncrypt(new TextEncoder().encode('Grüße'))
    .setProtectedHeader(protectedHeader)
    .encrypt(newKey);
  expect(await vault.open(here, made)).toBe('Grüße');
});

test('sealing the same text twice gives two texts', async () => {
  const vault = createVault([newKey]);
  expect(await vault.seal(here, 'x')).not.toBe(await vault.seal(here, 'x'));
});

test('no two sealed texts have the same IV', async () => {
  const vault = createVault([newKey]);
  const sealed = await Promise.all(Array.from({ length: 1000 }, () => vault.seal(here, 'x')));
  expect(new Set(sealed.map((text) => text.split('.')[2])).size).toBe(1000);
});

test('a sealed text that is moved to another table, row or column is refused', async () => {
  const vault = createVault([newKey]);
  const sealed = await vault.seal(here, 'x');
  for (const elsewhere of [{ table: 'runs' }, { row: 'j/TOKEN' }, { column: 'name' }]) {
    await expect(vault.open({ ...here, ...elsewhere }, sealed)).rejects.toMatchObject({
      code: 'wrong-row',
    });
  }
});

test('a sealed text whose place was rewritten to fit is refused', async () => {
  const vault = createVault([newKey]);
  const [header = '', ...rest] = (await vault.seal(here, 'x')).split('.');
  const parsed = JSON.parse(Buffer.from(header, 'base64url').toString()) as object;
  const forged = Buffer.from(JSON.stringify({ ...parsed, row: 'secrets/j/TOKEN/value' }));
  const moved = [forged.toString('base64url'), ...rest].join('.');
  await expect(vault.open({ ...here, row: 'j/TOKEN' }, moved)).rejects.toMatchObject({
    code: 'altered',
  });
});

test('the first key seals and every key opens', async () => {
  const before = await createVault([oldKey]).seal(here, 'x');
  const vault = createVault([newKey, oldKey]);
  expect(await vault.open(here, before)).toBe('x');
  expect(vault.isOutdated(before)).toBe(true);

  const after = await vault.seal(here, 'x');
  expect(vault.isOutdated(after)).toBe(false);
  expect(await createVault([newKey]).open(here, after)).toBe('x');
});

test('a text that was sealed by a key not given says so', async () => {
  const sealed = await createVault([oldKey]).seal(here, 'x');
  await expect(createVault([newKey]).open(here, sealed)).rejects.toMatchObject({
    code: 'unknown-key',
  });
});

test('a text that was never sealed is refused without being repeated', async () => {
  const open = createVault([newKey]).open(here, 'a-plain-secret');
  const error: VaultError = await open.then(
    () => Promise.reject(new Error('It was opened')),
    (thrown: unknown) => thrown as VaultError,
  );
  expect(error.code).toBe('not-sealed');
  expect(error.message).not.toContain('a-plain-secret');
});

test('a missing key and a key of the wrong size are refused', () => {
  expect(() => createVault([])).toThrow(expect.objectContaining({ code: 'no-key' }));
  expect(() => createVault([randomBytes(16)])).toThrow(
    expect.objectContaining({ code: 'bad-key' }),
  );
});

test('a keyed hash is the same for the same text and first key only', () => {
  const hash = createVault([newKey]).keyedHash('x');
  expect(createVault([newKey, oldKey]).keyedHash('x')).toBe(hash);
  expect(createVault([newKey]).keyedHash('y')).not.toBe(hash);
  expect(createVault([oldKey]).keyedHash('x')).not.toBe(hash);
});

test('a keyed hash is known by every key of the ring', () => {
  const hash = createVault([oldKey]).keyedHash('x');
  expect(createVault([newKey, oldKey]).isKeyedHash(hash, 'x')).toBe(true);
  expect(createVault([newKey, oldKey]).isKeyedHash(hash, 'y')).toBe(false);
  expect(createVault([newKey]).isKeyedHash(hash, 'x')).toBe(false);
});
