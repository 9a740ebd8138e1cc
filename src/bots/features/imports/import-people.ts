/** Takes a file of people, from a form or from a message. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { bringFile } from '../../../engine/imports/import-people.ts';
import { MAX_BYTES } from '../../../engine/imports/people-csv.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, type PressReply, type Reply, showCard } from '../../view/action.ts';
import { code, rich } from '../../view/card.ts';
import type { CommandText } from '../../view/command.ts';
import { adminsTo, asAdmin, refuse, refuseFile } from '../admins.ts';
import { change } from '../change.ts';
import { importRef } from './import-ref.ts';

const wanted = () => t`import people`;

export const importPeople = formAction({
  id: 'people.import',
  payload: z.object({}),
  admit: adminsTo(wanted),
  title: () => t`Import people`,
  submitLabel: () => t`Preview`,

  fields: async () => ({
    intro: [
      rich`One person per line. The first line names columns: ${code('email')} and any of first name, last name, manager, buddy (addresses), position, department, start (2026-11-24), time zone, phone, employee ID, role.`,
      rich`You can also send me the file in a message with the word ${code('import')}. You see a preview before anyone is added.`,
    ],
    fields: {
      file: { kind: 'file', label: t`File`, endings: ['csv'], maxBytes: MAX_BYTES },
    },
  }),

  submit: async ({ file }, _payload, turn) => bring(t`CSV file`, file, turn),
});

/** The file in the message. */
export async function importFile(args: CommandText, turn: Turn): Promise<PressReply> {
  const [file, ...more] = args.filter((word) => typeof word === 'object' && word.kind === 'file');
  if (!file || file.kind !== 'file') return importPeople.press('{}', turn);
  const { refused } = await asAdmin(wanted, turn);
  if (refused) return refuse(refused);
  const another = importPeople.with({});
  if (more.length > 0)
    return refuseFile(t`Please send one file at a time`, t`Send each in its own message.`, another);
  if (!file.name.toLowerCase().endsWith('.csv'))
    return refuseFile(
      t`This isn't a CSV file`,
      t`The name "${file.name}" must end in .csv.`,
      another,
    );
  const text = await file.text(MAX_BYTES);
  return typeof text === 'string'
    ? bring(file.name, text, turn)
    : refuseFile(t`Latchkey couldn't accept the file`, text.refused, another);
}

async function bring(name: string, text: string, turn: Turn): Promise<Reply> {
  const file = { name, text, personId: turn.actor.id };
  const { id: importId } = await change(turn, (tx, by) => bringFile(tx, file, by));
  return showCard(importRef({ importId, page: 0 }));
}
