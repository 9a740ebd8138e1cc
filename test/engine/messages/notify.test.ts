import { expect, test } from 'vitest';
import type { ManifestNotification } from '../../../src/engine/manifest/schema.ts';
import { renderNotifications } from '../../../src/engine/messages/deliveries.ts';
import { buildVariables } from '../../../src/engine/templates/variables.ts';

const rendered = (spec: ManifestNotification, form: Readonly<Record<string, string>>) =>
  renderNotifications([spec], buildVariables({ form }));
const email: ManifestNotification = {
  type: 'email',
  to: '{{TO}}',
  subject: 'Hi',
  message: 'Hello',
};

test.each([
  'ann@example.com,mallory@example.com',
  'ann@example.com mallory@example.com',
  'ann@example.com; mallory@example.com',
  'Team: ann@example.com;',
  'ann@example.com <mallory@example.com>',
  '"ann@example.com" <mallory@example.com>',
  'ann@example.com\nmallory@example.com',
  'ann@example.com\r\nBcc: mallory@example.com',
  'ann@example.com\u0000',
  'ann\u202E@example.com',
  'ann@mallory@example.com',
  'Ann',
])('sends an email to exactly one address: %j is refused', (to) => {
  expect(rendered(email, { TO: to })).toMatchObject({
    deliveries: [],
    problems: [
      "Notification 1 (email) can't be sent: {{TO}} must be exactly one email address, without a name.",
    ],
  });
});

test('an address may have spaces around it, and keeps its case', () => {
  expect(rendered(email, { TO: " Ann.O'Neil+x@Example.com " }).deliveries).toEqual([
    { type: 'email', to: "Ann.O'Neil+x@Example.com", subject: 'Hi', message: 'Hello' },
  ]);
});

test('a text and a chat message go to a number or a channel as well', () => {
  const to = { TO: '#welcome' };
  expect(rendered({ ...email, type: 'chat' }, to).problems).toEqual([]);
});
