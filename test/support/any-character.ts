import * as fc from 'fast-check';

/**
 * Any character but half of one, as a unit of `fc.string`. fast-check's own, `binary`, first makes a table of a million characters,
 * which takes a second and stays.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .oneof(fc.nat({ max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map(
    (code) => String.fromCodePoint(code),
    // fast-check mixes in words such as `__proto__` where it can tell which units they are made of.
    (text) => {
      const code = typeof text === 'string' ? text.codePointAt(0) : undefined;
      if (code === undefined || text !== String.fromCodePoint(code))
        throw new TypeError('Not a character');
      return code;
    },
  );
