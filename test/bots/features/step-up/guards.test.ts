/** Every way in chat to a grant, or to the settings that decide about grants, asks for a code where an app wants one. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const BOTS = new URL('../../../../src/bots/', import.meta.url);
/** What the engine does without asking for a code itself. Approvals (`decideRequest`) and bundles (`planItem`) do ask. */
const UNGUARDED =
  /\b(?:changeSettings|applyRoute|startGrant|grantByHand|takeBreakGlass|extendHold|runItemNow)\(/;
/** Which of them may, and why. */
const MAY: Readonly<Record<string, string>> = {
  'features/messages/notice-place.ts': 'it only says where notices go',
};

test('every file that grants, or changes settings, asks for a code', () => {
  const unguarded = readdirSync(BOTS, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !Object.hasOwn(MAY, file))
    .filter((file) => {
      const text = readFileSync(new URL(file, BOTS), 'utf8');
      return UNGUARDED.test(text) && !text.includes('refuseWithoutCode(');
    });
  expect(unguarded).toEqual([]);
});
