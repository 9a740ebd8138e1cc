/** The email that carries a link instead of a message with a secret. */
import { DAY_MS } from '../../core/hours.ts';
import { inLocale, t } from '../../core/translate.ts';
import { localeOf } from '../people/locales.ts';
import type { Mail } from '../ports/sending.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import { type Delivery, EMAILED_LINK_LIFE_MS, type Outgoing } from './delivery.ts';

const DAYS = EMAILED_LINK_LIFE_MS / DAY_MS;

/** In the recipient's language, if the recipient is known. */
export async function secretEmail(
  stores: Stores,
  delivery: Delivery,
  { url, notification, hasPlainSubject }: Outgoing & { readonly url: string },
): Promise<Pick<Mail, 'subject' | 'text'>> {
  const { recipientId, runId } = delivery;
  const run = runId === undefined ? undefined : await stores.runs.find(runId);
  const integration = run && (await stores.integrations.find(run.integrationId));
  const person = recipientId === undefined ? undefined : await stores.people.find(recipientId);
  const write = () => {
    const app = integration?.name ?? t`an app`;
    const text = [
      t`Latchkey, which manages access to apps at your company, has a message for you about ${app}.`,
      t`The message contains a password or another secret, so it isn't in this email. You can see it once, in your browser, within ${DAYS} days:`,
      url,
      t`Have a place ready for it, such as a password manager. If you use Latchkey in Slack or Teams, it first asks you there to confirm that it's you.`,
      t`If you don't expect this message, don't open the link, and tell your Latchkey admin.`,
    ].join('\n\n');
    const subject =
      hasPlainSubject && notification.subject
        ? notification.subject
        : t`A message for you about ${app}`;
    return { subject, text };
  };
  return person ? inLocale(localeOf(person, await workspaceSettings(stores)), write) : write();
}
