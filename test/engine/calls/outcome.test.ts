import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  generateSecret,
  isSuccess,
  matchesCondition,
  readStoreData,
} from '../../../src/engine/calls/outcome.ts';
import { optionsFrom, staticOptions } from '../../../src/engine/integrations/form.ts';
import { renderNotifications } from '../../../src/engine/messages/deliveries.ts';
import { buildVariables } from '../../../src/engine/templates/variables.ts';

describe('an answer', () => {
  it('is a success below 400, or by status_code alone where that is given', () => {
    expect([200, 399, 400].map((status) => isSuccess({ statusCode: [] }, status))).toEqual([
      true,
      true,
      false,
    ]);
    expect([200, 404].map((status) => isSuccess({ statusCode: [404] }, status))).toEqual([
      false,
      true,
    ]);
  });

  it.each([
    [true, 'true', true],
    ['200', 200, true],
    [12345678901234567890n, '12345678901234567890', true],
    ['done', 'Done', false],
  ])('with %s matches continue_if %s: %s', (found, value, matches) => {
    expect(matchesCondition({ responseNotation: 'a', value }, { a: found })).toBe(matches);
    expect(matchesCondition({ responseNotation: 'b', value }, { a: found })).toBe(false);
  });

  it('gives all of store_data as it is, or names the path that is missing', () => {
    const response = { id: 7, deep: { x: null } };
    expect(readStoreData({ A: 'id', B: 'deep.x' }, response)).toEqual({
      ok: true,
      values: { A: 7, B: null },
    });
    expect(readStoreData({ A: 'id', B: 'gone' }, response)).toEqual({
      ok: false,
      missing: { key: 'B', path: 'gone' },
    });
  });
});

describe('generateSecret', () => {
  it('has 24 characters with every demanded kind', () => {
    for (let n = 0; n < 200; n++) {
      expect(generateSecret(randomBytes)).toMatch(
        /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[-_])[\w-]{24}$/,
      );
    }
  });

  it('throws rather than trusting a source that is not random', () => {
    expect(() => generateSecret((size) => new Uint8Array(size))).toThrow(/random/);
  });
});

describe('options', () => {
  const field = { dataFrom: 'data', choiceValue: 'gid', choiceName: 'name' };

  it('come from the list at data_from', () => {
    expect(
      optionsFrom(
        field,
        {
          data: [
            { gid: 1, name: 'One' },
            { gid: '2', name: null },
          ],
        },
        (text) => text,
      ),
    ).toEqual({
      kind: 'options',
      options: [
        { value: '1', label: 'One' },
        { value: '2', label: '2' },
      ],
    });
  });

  it.each([
    [{ dta: [] }],
    [{ data: {} }],
    [{ data: [{ id: 1, name: 'x' }] }],
    [{ data: [['x']] }],
    [null],
  ])('of another shape (%j) show what was expected beside what came', (response) => {
    expect(optionsFrom(field, response, (text) => text)).toMatchObject({
      kind: 'problem',
      message: expect.stringMatching(/Expected: .*"data" of the answer\. Received: /) as string,
    });
  });

  it('can stand in the manifest', () => {
    expect(staticOptions({ ...field, items: [{ id: '233', name: 'option 1' }] })).toEqual({
      kind: 'options',
      options: [{ value: '233', label: 'option 1' }],
    });
  });
});

describe('notifications', () => {
  it('are rendered one by one; a broken one stops none of the others', () => {
    const rendered = renderNotifications(
      [
        {
          type: 'email',
          to: '{{email}}',
          subject: 'Hi\n{{first_name}}',
          message: 'Welcome, {{first_name}}!',
        },
        { type: 'text', to: '{{gone}}', message: 'x' },
        { type: 'chat', to: '#it', message: '{{#broken}}' },
      ],
      { email: 'ann@x.io', first_name: 'Ann' },
    );
    expect(rendered.deliveries).toEqual([
      { type: 'email', to: 'ann@x.io', subject: 'Hi Ann', message: 'Welcome, Ann!' },
    ]);
    expect(rendered.problems).toHaveLength(2);
  });
});

describe('buildVariables', () => {
  it('lets stored data, form, initial_data_form and reserved names win in that order', () => {
    const names = fc.constantFrom('a', 'email', 'manager', 'responses', '__proto__', 'constructor');
    const values = fc.dictionary(names, fc.string());
    fc.assert(
      fc.property(values, values, values, (stored, form, secrets) => {
        const person = {
          id: 'p',
          version: 1,
          email: 'ann@x.io',
          firstName: 'Ann',
          lastName: 'Doe',
          role: 'other',
          active: true,
          stored,
        } as const;
        const variables = buildVariables({ person, form, secrets, responses: [1] });
        expect(variables['email']).toBe('ann@x.io');
        expect(variables['manager']).toBeUndefined();
        expect(variables['responses']).toEqual([1]);
        const own = (from: object) => Object.getOwnPropertyDescriptor(from, 'a')?.value as unknown;
        expect(variables['a']).toBe(own(secrets) ?? own(form) ?? own(stored));
      }),
      { seed: 29 },
    );
  });
});
