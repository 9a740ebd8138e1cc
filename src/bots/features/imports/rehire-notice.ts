/** Asks admins whether someone who left is back: an import says that their last day is none any more, or a later one. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { personTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { note, withButtons } from '../../view/card.ts';
import { showDay } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { reactivatePerson } from '../people/leave-person.ts';

export const rehireNotice = liveCard({
  id: 'rehire-notice',
  payload: z.object({ personId: z.string(), integrationId: z.string() }),
  topic: ({ personId }) => personTopic(personId),

  async render({ personId, integrationId }, { stores, reader }: Reader) {
    if (!isAdmin(reader))
      return note(t`This was for Latchkey admins`, t`You don't need to do anything.`);
    const person = await stores.people.find(personId);
    const integration = await stores.integrations.find(integrationId);
    if (!person || !integration) return noLongerExists();
    const name = fullName(person);
    if (person.active) return note(t`${name} is back`, t`You don't need to do anything.`);
    return withButtons(
      note(
        t`Is ${name} back?`,
        person.endDate === undefined
          ? t`${integration.name} no longer has a last day for ${name}, who has left. If they are back, reactivate them; you then get a list of their earlier access to keep or remove.`
          : t`${integration.name} now says that the last day of ${name}, who has left, is ${showDay(person.endDate)}. If they are back, reactivate them; you then get a list of their earlier access to keep or remove.`,
      ),
      {
        label: t`Reactivate…`,
        about: t`Reactivate: ${name}`,
        tone: 'primary',
        does: reactivatePerson.with({ personId }),
      },
    );
  },
});
