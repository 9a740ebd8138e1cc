import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutForDisplay, redactor } from '../../../src/engine/templates/redact.ts';
import { tokenSecrets } from '../../../src/engine/templates/token-secrets.ts';

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
      { seed: 29 },
    );
  });

  it('hides one whose apostrophes are doubled, as $odata does', () => {
    const hide = redactor({ KEY: "it's-a-key" }, nothing);
    expect(hide("name eq 'it''s-a-key'")).toBe("name eq '•••KEY•••'");
    expect(hide('?$filter=name%20eq%20%27it%27%27s-a-key%27')).toBe(
      '?$filter=name%20eq%20%27•••KEY•••%27',
    );
  });

  it('hides one in the host of an address, which has no capitals and no signs of its language', () => {
    const hide = redactor({ SITE: 'Acme-Payroll7', TEAM: 'Bücherei-Süd', PIN: 'AbCd' }, nothing);
    for (const host of ['Acme-Payroll7', 'Bücherei-Süd', 'AbCd'])
      expect(hide(new URL(`https://${host}.example.com/`).href)).toMatch(
        /^https:\/\/•••[A-Z]+•••\.example\.com\/$/,
      );
    expect(hide('getaddrinfo ENOTFOUND acme-payroll7.example.com')).toBe(
      'getaddrinfo ENOTFOUND •••SITE•••.example.com',
    );
    expect(hide('abcde')).toBe('abcde');
    const known = redactor({ SITE: 'Acme-Payroll7' }, { manifestText: 'acme-payroll7' });
    expect(known('Acme-Payroll7 acme-payroll7')).toBe('•••SITE••• acme-payroll7');
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

  it('leaves a secret in no escapes of other encoders, nor in those of one inside another', () => {
    const value = `p+s/w&r<d>"'=é \\%\u{1F511}`;
    const hex4 = (unit: string) => unit.charCodeAt(0).toString(16).padStart(4, '0');
    const units = value.split('').map(hex4);
    const points = Array.from(value, (each) => each.codePointAt(0) ?? 0);
    const bytes = Array.from(Buffer.from(value), (byte) => byte.toString(16).padStart(2, '0'));
    const names = new Map(
      Object.entries({
        '&': 'amp',
        '<': 'lt',
        '>': 'gt',
        '"': 'quot',
        "'": 'apos',
        '+': 'plus',
        é: 'eacute',
      }),
    );
    const percent = bytes.map((byte) => `%${byte}`).join('');
    const someSigns = JSON.stringify(value)
      .slice(1, -1)
      .replace('+', '\\u002B')
      .replace('&', '\\u0026')
      .replace('/', '\\/');
    const encodings = {
      'JSON, in lower case': units.map((unit) => `\\u${unit}`).join(''),
      'JSON, in upper case': units.map((unit) => `\\u${unit.toUpperCase()}`).join(''),
      'JSON, some signs only': someSigns,
      'JSON twice': JSON.stringify(someSigns).slice(1, -1),
      percent,
      'percent twice': encodeURIComponent(percent),
      form: new URLSearchParams([['', value]]).toString().slice(1),
      'an address in JSON': encodeURIComponent(value).replaceAll('%', '\\u0025'),
      'HTML by name': value.replaceAll(/[&<>"'+é]/g, (sign) => `&${names.get(sign)};`),
      'HTML in decimals': points.map((point) => `&#${point};`).join(''),
      'HTML in hex': points.map((point) => `&#x${point.toString(16)};`).join(''),
      'HTML in JSON': points
        .map((point) => `\\u0026#X${point.toString(16).toUpperCase()};`)
        .join(''),
      'percent three times': encodeURIComponent(encodeURIComponent(percent)),
      'as other languages escape bytes': bytes.map((byte) => `\\x${byte}`).join(''),
      'HTML without semicolons': points.map((point) => `&#${point}`).join(''),
      'HTML with zeros before': points.map((point) => `&#0000${point};`).join(''),
      'HTML by name, without semicolons': value.replaceAll('&', '&amp').replaceAll('<', '&lt'),
      hex: bytes.join(''),
      'hex in upper case': bytes.join('').toUpperCase(),
      'UTF-8 taken for Latin-1': Buffer.from(value).toString('latin1'),
    };
    const hide = redactor({ KEY: value }, nothing);
    for (const [name, encoded] of Object.entries(encodings))
      expect.soft(hide(`a "${encoded}" b`), name).toBe('a "•••KEY•••" b');
  });

  it('hides both of two secrets that overlap', () => {
    const hide = redactor({ A: 'abcdefgh', B: 'efghijklmn' }, nothing);
    expect(hide('-abcdefghijklmn-')).toBe('-•••B•••-');
  });

  it('looks at what is shown and no further, whatever stands there', () => {
    const hide = redactor({ KEY: 'a-secret-of-some-length' }, nothing);
    const parts = ['A', '%2B', 'Aa-', '%', '=', '/', '"eyJ', '\\u00', '&#x2b;', 'a-secret-of-'];
    for (const part of parts) {
      const shown = hide(part.repeat(1_000_000));
      expect(shown.startsWith(part.repeat(5000))).toBe(true);
      expect(Buffer.byteLength(shown)).toBeLessThan(65 * 1024);
      expect(shown.endsWith(' KB are shown')).toBe(true);
      expect(hide(shown) === shown).toBe(true);
    }
  });

  it('knows whether a secret stands in a text, also behind what is shown of it', () => {
    const hide = redactor({ KEY: 'a-secret-of-some-length' }, nothing);
    const long = 'x '.repeat(40_000);
    expect(hide.finds(long)).toBe(false);
    const form = btoa('a-secret-of-some-length');
    for (let before = 71_880; before < 71_940; before += 1)
      expect(hide.finds(`${long.slice(0, before)}${form} ${long}`)).toBe(true);
    expect(redactor({}, nothing).finds(long)).toBe(false);
  });

  it('finds a secret that stands across the place where it cuts', () => {
    const secret = 'a-secret-of-some-length';
    const hide = redactor({ KEY: secret }, nothing);
    const before = 'x '.repeat(32 * 1024);
    for (let left = 0; left <= secret.length; left += 1)
      expect(/a-s/.test(hide(before.slice(left) + secret + before))).toBe(false);
  });

  it('finds a long secret that stands across the place where it cuts', () => {
    const secret = Array.from({ length: 4000 }, (_, n) => n).join('-');
    const hide = redactor({ KEY: secret }, nothing);
    const before = 'x '.repeat(32 * 1024);
    const forms = [secret, Buffer.from(secret).toString('hex'), btoa(secret)];
    for (const form of forms)
      for (const left of [1, 20, 100, 2000, form.length - 2])
        expect(hide(before.slice(left) + form + before)).not.toContain(form.slice(0, 20));
  });

  it('takes no longer, whatever a third party has chosen for a token and answers', () => {
    // At every place stands almost all of each: compared there, these are billions of signs.
    const tokens = Array.from({ length: 100 }, (_, n) => `${'a'.repeat(16_000 + n)}b`);
    const answers = Array.from({ length: 100 }, (_, n) => `b${'a'.repeat(16_000 + n)}`);
    for (const values of [tokens, answers, tokens.map((_, n) => 'a'.repeat(8 + n))]) {
      const secrets = values.map((value, n) => [`T${n}`, value] as const);
      const hide = redactor(Object.fromEntries(secrets), nothing);
      expect(hide(`x ${'a'.repeat(100_000)}`).length).toBeGreaterThan(0);
    }
  });

  it('shows a place of many secrets, or of one many times, as one', () => {
    const hide = redactor({ A: 'aaaaaaaa', B: 'aaaaaaaaaa', C: 'aaaaaaaa' }, nothing);
    expect(hide(`x ${'a'.repeat(50_000)}`)).toBe('x •••B•••');
    expect(hide('aaaaaaaaa aaaaaaaa')).toBe('•••A••• •••A•••');
  });

  it('tells words of other scripts, and what is no character, from what stands around a short one', () => {
    const hide = redactor({ PIN: '4711' }, nothing);
    for (const sign of ['é', 'ж', '漢', '𝒜', '²', '_', '7'])
      expect(hide(`${sign}4711 4711${sign}`)).toBe(`${sign}4711 4711${sign}`);
    for (const sign of ['–', '•', '😀', '\uFFFD'])
      expect(hide(`${sign}4711${sign}`)).toBe(`${sign}•••PIN•••${sign}`);
    expect(hide('471147114711')).toBe('471147114711');
  });

  it('hides each of fourteen thousand short ones', () => {
    const hide = redactor({ PIN: '4711' }, nothing);
    expect(hide('4711 '.repeat(13_000)).replaceAll('•••PIN••• ', '')).not.toContain('4711');
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

  it('takes no more secrets out of a token answer than it can look for', () => {
    const tokens = Array.from({ length: 5000 }, (_, n) => [`token${n}`, `v${n}`]);
    expect(Object.keys(tokenSecrets(Object.fromEntries(tokens)))).toHaveLength(100);
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

describe('a secret in base64 that is broken into lines', () => {
  const SECRET = 'ghp_16C7e42F292c6912E7710c838347Ae178B4aXyZ9';
  const hide = redactor({ TOKEN: SECRET }, nothing);
  const inLines = (text: string, signs: number, between: string): string =>
    (btoa(text).match(new RegExp(`.{1,${signs}}`, 'g')) ?? []).join(between);

  it.each([
    [60, '\n'],
    [64, '\r\n'],
    [76, '\n    '],
    [76, '\\n'],
    [20, '\n'],
  ])('is hidden with %i signs in each, and %j between', (signs, between) => {
    for (let before = 0; before < 80; before += 1) {
      const text = inLines(`${'.'.repeat(before)}${SECRET}\nregion: eu-west-1\n`, signs, between);
      const shown = hide(`"content":"${text}"`);
      expect(shown).toContain('•••TOKEN•••');
      for (const line of text.split(between).filter((each) => each.length > 8))
        expect(shown.includes(line) && btoa(SECRET).includes(line)).toBe(false);
    }
  });

  it('leaves the lines beside it', () => {
    const file = `name: deploy\n${btoa(`${'.'.repeat(39)}${SECRET}`).replace(/.{60}/, '$&\n')}\nregion\n`;
    const shown = hide(file);
    expect(shown).toMatch(/^name: deploy\n/);
    expect(shown).toMatch(/\nregion\n$/);
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
