/** Notifies admins that a rule can't give someone one of its items. Try again allows three more tries. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import { retryTrouble } from '../../../engine/rules/retry-trouble.ts';
import { isNotConfirmed } from '../../../engine/rules/rule.ts';
import { personTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { buttonRow, type Card, note, paragraph } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { adminsAbout } from '../admins.ts';
import { change } from '../change.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { openRule } from './rules-list.ts';

const payload = z.object({
  personId: z.string(),
  itemId: z.string(),
  integrationId: z.string(),
});

export const ruleNotice = liveCard({
  id: 'rule-notice',
  payload,
  topic: ({ personId }) => personTopic(personId),

  async render(about, { stores, reader }: Reader): Promise<Card> {
    const [person, integration, troubles] = await Promise.all([
      stores.people.find(about.personId),
      stores.integrations.find(about.integrationId),
      stores.ruleTroubles.of(about.personId),
    ]);
    const trouble = troubles.find(
      ({ itemId, integrationId }) =>
        itemId === about.itemId && integrationId === about.integrationId,
    );
    const rule = trouble && (await stores.rules.find(trouble.ruleId));
    if (!person || !integration || !maySeeSetUp(reader)) return noLongerExists();
    const [name, app] = [fullName(person), integration.name];
    if (!trouble?.notifiedAt || !rule)
      return note(t`${name} and ${app}: solved`, t`There is nothing more to do.`);
    const isDoubted = isNotConfirmed(trouble);
    const isLost = trouble.regrantedAt !== undefined && trouble.failures === 0;
    return {
      title: isLost
        ? t`${app} was removed from ${name} again`
        : isDoubted
          ? t`${name} may not have ${app}`
          : t`${name} doesn't get ${app}`,
      blocks: compact([
        paragraph(
          isLost
            ? t`Someone removed it in the app. Latchkey granted it again, as the rule ${rule.name} says, and it was removed once more. If that is intended, revoke the access: that makes an exception.`
            : isDoubted
              ? t`The rule ${rule.name} granted it, but ${app} says that there is no such account. Look in ${app}. If it isn't there, press Try again to grant it once more. If it is, check the credentials.`
              : t`The rule ${rule.name} grants it, but the grant failed ${trouble.failures} times, and Latchkey stopped trying. The failed runs are under Activity.`,
        ),
        isDoubted && !isLost && paragraph(t`Latchkey checks it again once a day.`),
        ...buttonRow([
          { label: t`Try again`, tone: 'primary', does: tryRuleAgain.with(about) },
          { label: t`Open the rule`, does: openRule.with({ ruleId: rule.id }) },
        ]),
      ]),
    };
  },
});

const toTryAgain = adminsAbout({
  what: () => t`retry what a rule grants`,
  about: ({ personId, integrationId }: z.infer<typeof payload>) => ({ personId, integrationId }),
});

export const tryRuleAgain = buttonAction({
  id: 'rule.try-again',
  payload,
  admit: toTryAgain,

  async handle(about, turn): Promise<Reply> {
    await change(turn, (tx, by) => retryTrouble(tx, about, by));
    return { kind: 'nothing' };
  },
});
