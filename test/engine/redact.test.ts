import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutForDisplay, redactor, tokenSecrets } from '../../src/engine/redact.ts';

const nothing = { manifestText: '' };

describe('redactor', () => {
  it('leaves a long secret in no encoding', () => {
    const secret = fc
      .string({ minLength: 8, maxLength: 40, unit: 'grapheme' })
      .filter((value) => value.length >= 8 && value.trim() === value);
    const around = fc.string({ unit: fc.constantFrom('x', ' ', '"', 'é'), maxLength: 5 });
    fc.assert(
      fc.property(secret, around, around, (value, before, after) => {
        const hide = redactor({ KEY: value }, nothing);
        const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');
        const encodings = [
          value,
          JSON.stringify(value).slice(1, -1),
          encodeURIComponent(value),
          new URLSearchParams([['', value]]).toString().slice(1),
          base64(value),
          Buffer.from(value, 'utf8').toString('base64url'),
        ];
        for (const encoded of encodings) {
          const shown = hide(`${before} ${encoded} ${after}`);
          expect(shown).not.toContain(encoded);
          expect(shown).toContain('•••KEY•••');
        }
        expect(hide(`Basic ${base64(`${before}:${value}`)}`)).toBe('Basic •••KEY•••');
        expect(hide(`Basic ${base64(`${value}:${after}`)}`)).toBe('Basic •••KEY•••');
      }),
    );
  });

  it('hides a short one as a whole word only', () => {
    const hide = redactor({ PIN: 'abcd' }, nothing);
    expect(hide('abcd abcde x-abcd "abcd"')).toBe('•••PIN••• abcde x-•••PIN••• "•••PIN•••"');
    expect(hide(`Basic ${Buffer.from('abcd:x').toString('base64')}`)).toBe('Basic •••PIN•••');
    expect(redactor({ PIN: 'abc' }, nothing)('abc')).toBe('abc');
  });

  it('hides base64 that stands in an address', () => {
    const base64 = Buffer.from('>>>?secret-value~~', 'utf8').toString('base64');
    const hide = redactor({ KEY: '>>>?secret-value~~' }, nothing);
    expect(hide(`?k=${encodeURIComponent(base64)}&z=1`)).toBe('?k=•••KEY•••&z=1');
  });

  it('takes time in proportion to the text, whatever stands there', () => {
    const hide = redactor({ KEY: 'a-secret-of-some-length' }, nothing);
    for (const part of ['A', '%2B', 'Aa-', '%', '=', '/']) {
      const text = `${part.repeat(300_000)}%`;
      // Quadratic, this would take minutes, and the test would time out.
      expect(hide(text)).toBe(text);
    }
  });

  it('hides many long keys', () => {
    const keys = Array.from({ length: 20 }, (_, n) => [
      `KEY${n}`,
      `-----\n"${n}"${'aé/+'.repeat(5000)}`,
    ]);
    const hide = redactor(Object.fromEntries(keys) as Record<string, string>, nothing);
    for (const [name, value] of keys) expect(hide(JSON.stringify(value))).toBe(`"•••${name}•••"`);
  });

  it('hides the longest first', () => {
    const hide = redactor({ A: 'secret-part', B: 'secret-part-and-more' }, nothing);
    expect(hide('secret-part-and-more secret-part')).toBe('•••B••• •••A•••');
  });

  it("leaves what is a person's field or stands in the manifest", () => {
    const person = {
      id: 'p1',
      version: 1,
      email: 'ann@example.com',
      firstName: 'Ann',
      lastName: 'Doe',
      role: 'other',
      active: true,
      phone: '12345678',
      stored: {},
    } as const;
    const hide = redactor(
      { A: 'ann@example.com', B: '12345678', C: 'api.example.com', D: 'hidden-value' },
      { person, manifestText: '{"url": "https://api.example.com/"}' },
    );
    expect(hide('ann@example.com 12345678 api.example.com hidden-value')).toBe(
      'ann@example.com 12345678 api.example.com •••D•••',
    );
  });

  it('hides what a third party has had stored with the person: it may have answered with the secret', () => {
    const person = {
      id: 'p1',
      version: 1,
      email: 'ann@example.com',
      firstName: 'Ann',
      lastName: 'Doe',
      role: 'other',
      active: true,
      stored: { ID: 'the-token-itself' },
    } as const;
    const hide = redactor({ TOKEN: 'the-token-itself' }, { person, manifestText: '' });
    expect(hide('Bearer the-token-itself')).toBe('Bearer •••TOKEN•••');
  });

  it('knows what of a token answer is secret', () => {
    const token = {
      access_token: 'aaaa',
      token_type: 'Bearer',
      expires_in: '3600',
      scope: 'read',
      authed_user: { access_token: 'bbbb', id: 'U1' },
    };
    expect(tokenSecrets(token)).toEqual({
      'oauth.access_token': 'aaaa',
      'oauth.authed_user.access_token': 'bbbb',
    });
  });
});

describe('cutForDisplay', () => {
  it('cuts at whole characters, with a visible note', () => {
    expect(cutForDisplay('short')).toBe('short');
    const cut = cutForDisplay('é'.repeat(1000), 1025);
    expect(cut.startsWith(`${'é'.repeat(512)}\n`)).toBe(true);
    expect(cut).toContain('the first 2 KB of 2 KB');
  });
});
