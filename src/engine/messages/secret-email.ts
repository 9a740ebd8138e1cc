/** The email that has a link instead of a message with a secret in it. */
import { inLocale, say } from '../../core/say.ts';
import { localeOf } from '../people/locales.ts';
import type { Mail } from '../ports/sending.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import { type Delivery, EMAILED_LINK_LIFE_MS, type Outgoing } from './delivery.ts';

const DAYS = EMAILED_LINK_LIFE_MS / (24 * 60 * 60_000);

/** In the language of whom it goes to, where that is known. */
export async function secretEmail(
  stores: Stores,
  delivery: Delivery,
  { notification, hasPlainSubject }: Outgoing,
  url: string,
): Promise<Pick<Mail, 'subject' | 'text'>> {
  const { recipientId, runId } = delivery;
  const run = runId === undefined ? undefined : await stores.runs.find(runId);
  const integration = run && (await stores.integrations.find(run.integrationId));
  const person = recipientId === undefined ? undefined : await stores.people.find(recipientId);
  const write = () => {
    const app = integration?.name ?? say`an app`;
    const text = [
      say`Latchkey, which manages the access to apps at your company, has a message for you about ${app}.`,
      say`A password or another secret stands in it, so it is not in this email. It is shown once, in your browser, within ${DAYS} days:`,
      url,
      say`Have a place ready for it, such as a password manager. If you use Latchkey in Slack or Teams, it first asks you there whether it is you.`,
      say`If you don't expect this message, don't open the link, and tell your Latchkey admin.`,
    ].join('\n\n');
    const subject =
      hasPlainSubject && notification.subject
        ? notification.subject
        : say`A message for you about ${app}`;
    return { subject, text };
  };
  return person ? inLocale(localeOf(person, await workspaceSettings(stores)), write) : write();
}
