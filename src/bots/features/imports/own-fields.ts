/** Owned fields…: which fields of people who are here an import also updates. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { fieldLabel, ownableFields, setOwnedFields } from '../../../engine/imports/owned-fields.ts';
import { syncManifestOf } from '../../../engine/imports/start-sync.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import { settingsOf } from '../../../engine/settings/settings.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, type SubmitReply } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { refuse } from '../admins.ts';
import { change } from '../change.ts';
import { targetOf, targetPayload, wasDeleted } from '../integrations/integration-target.ts';

const wanted = () => t`choose what an import owns`;

export const ownFields = formAction({
  id: 'sync.own-fields',
  payload: targetPayload,
  admit: targetOf(wanted),
  title: () => t`Owned fields`,
  submitLabel: () => t`Save`,

  async fields(_payload, { integration, ...turn }) {
    const fields = await fieldsOf(integration, turn);
    if (fields.length === 0) return { refused: bringsNothing(integration) };
    return {
      title: t`Fields that ${integration.name} owns`,
      intro: [
        t`For an owned field, each import also changes people who are already here, and clears what the source no longer has.`,
        t`A change by hand lasts until the next import. Every other field is only filled where it is empty.`,
        t`Before the next scheduled import, press "Import people…" to see how many people it would change.`,
      ],
      fields: fieldOf(integration, fields),
    };
  },

  async submit(sent, _payload, { integration, shown, ...turn }) {
    return change(turn, async (tx, by): Promise<SubmitReply> => {
      await tx.integrations.lockOwnedFields();
      const now = await tx.integrations.find(integration.id);
      if (!now || now.deletedAt) return refuse(wasDeleted(integration.name));
      const known = await fieldsOf(now, { stores: tx });
      const { owned } = asOfNow(sent, shown, fieldOf(now, known));
      const fields = z
        .array(z.string())
        .default([])
        .parse(owned)
        .filter((field) => known.includes(field));
      const saved = await setOwnedFields(tx, now, { fields, ...by });
      // The integration's card shows it.
      return saved.ok ? { kind: 'nothing' } : { kind: 'invalid', errors: { owned: saved.why } };
    });
  },
});

function fieldOf(integration: Integration, fields: readonly string[]) {
  const { owns: owned = [] } = settingsOf(integration);
  return {
    owned: {
      kind: 'choices',
      label: t`Owned by ${integration.name}`,
      options: fields.map((value) => ({ value, label: fieldLabel(value) })),
      optional: true,
      initial: owned.filter((field) => fields.includes(field)),
    },
  } as const satisfies Fields;
}

async function fieldsOf(
  integration: Integration,
  { stores }: Pick<Turn, 'stores'>,
): Promise<readonly string[]> {
  const manifest = await syncManifestOf(stores, integration);
  return manifest?.action === 'create' ? ownableFields(manifest) : [];
}

const bringsNothing = ({ name }: Integration) =>
  note(
    t`${name} brings nothing to own`,
    t`Its manifest has to name more than addresses in data_structure, and add people.`,
  );
