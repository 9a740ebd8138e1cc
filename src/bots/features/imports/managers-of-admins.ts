/** Managers of admins from an import that aren't confirmed yet: an admin chooses which of them to set. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { namedManagers, setNamedManagers } from '../../../engine/imports/managers-of-admins.ts';
import type { SyncRun } from '../../../engine/imports/sync-run.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { actorOf } from '../../live/context.ts';
import { formAction, type Reply, sayHere } from '../../view/action.ts';
import { type Button, note } from '../../view/card.ts';
import { adminsTo } from '../admins.ts';
import { countPeople } from '../people/person-words.ts';

const wanted = () => t`set the managers of admins`;

export const setManagersOfAdmins = formAction({
  id: 'sync.managers-of-admins',
  payload: z.object({ runId: z.string() }),
  admit: adminsTo(wanted),
  title: () => t`Managers of admins`,
  submitLabel: () => t`Set`,

  async fields({ runId }, turn) {
    const named = await namedManagers(turn.stores, runId);
    if (named.length === 0) return { refused: nothingLeft() };
    return {
      intro: [
        t`The import names managers for these admins. Managers see and grant their reports' access and approve their requests, so choose only the correct ones.`,
      ],
      fields: {
        people: {
          kind: 'choices',
          label: t`For whom`,
          options: named.map(({ admin, manager }) => ({
            value: admin.id,
            label: t`${fullName(admin)}: ${fullName(manager)} (${manager.email})`,
          })),
        },
      },
    };
  },

  async submit({ people }, { runId }, turn): Promise<Reply> {
    const adminIds = z.array(z.string()).parse(people);
    const set = await turn.transact((tx) =>
      setNamedManagers(tx, runId, { adminIds, actor: actorOf(turn) }),
    );
    return sayHere(
      set > 0 ? note(t`Set for ${countPeople(set)}`, t`This is in the audit log.`) : nothingLeft(),
    );
  },
});

const nothingLeft = () =>
  note(
    t`There are no managers to set`,
    t`These admins already have a manager, or the import is no longer kept.`,
  );

/** Empty where the import names no manager of an admin. */
export const managersOfAdminsButton = ({ id: runId, counts }: SyncRun): readonly Button[] =>
  counts.managersOfAdmins > 0
    ? [{ label: t`Managers of admins…`, does: setManagersOfAdmins.with({ runId }) }]
    : [];
