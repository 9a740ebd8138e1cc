/** Features of the small bot that take files, or open with answers. */
import { z } from 'zod';
import { buttonAction, formAction } from '../../../src/bots/view/action.ts';
import { type Card, note } from '../../../src/bots/view/card.ts';
import { ticksSchema } from '../../../src/bots/view/checklist.ts';
import { type Command, plainText } from '../../../src/bots/view/command.ts';
import type { Form } from '../../../src/bots/view/form.ts';
import type { Scene, Turn } from './support.ts';

const payload = z.strictObject({ person: z.string() });
const numbers = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ label: `Number ${index}`, value: `v${index}` }));

/** A form that takes a file. */
export const importPeople = (scene: Scene) =>
  formAction<z.infer<typeof payload>, Form['fields'], Turn>({
    id: 'people.import',
    payload,
    title: () => 'Import people',
    submitLabel: () => 'Import',
    fields: async () => ({
      fields: {
        list: { kind: 'file', label: 'List', endings: ['csv'], maxBytes: 1000 },
        note: { kind: 'text', label: 'Note', initial: 'As every month' },
      },
    }),
    async submit(values) {
      await scene.submitReady;
      scene.done.push(`imported ${JSON.stringify(values)}`);
      return { kind: 'say', to: 'here', card: note('Imported') };
    },
  });

/** What a tick does. */
export const tickTask = (scene: Scene) =>
  buttonAction<{ readonly ticks: z.infer<typeof ticksSchema> }, Turn>({
    id: 'task.tick',
    payload: z.strictObject({ ticks: ticksSchema }),
    async handle({ ticks: { ticked } }) {
      scene.done.push(`ticked ${ticked.join()}`);
      return { kind: 'say', to: 'here', card: note(`Ticked ${ticked.join()}`) };
    },
  });

export const taskCard: Card = {
  title: 'Order a laptop',
  blocks: [
    {
      kind: 'checklist',
      label: 'Checklist',
      entries: ['Order it', 'Set it up'].map((text) => ({ text, isDone: false })),
      does: { id: 'task.tick', payload: '{}', opensForm: false },
    },
  ],
};

/** A form that opens with answers. */
export const editPerson = (scene: Scene) =>
  formAction<z.infer<typeof payload>, Form['fields'], Turn>({
    id: 'person.edit',
    payload,
    title: () => 'Edit',
    submitLabel: () => 'Save',
    fields: async () => ({
      fields: {
        name: { kind: 'text', label: 'Name', initial: scene.name },
        start: { kind: 'date', label: 'Start', initial: '2026-11-24' },
        team: { kind: 'choice', label: 'Team', options: numbers(3), initial: 'v1' },
        manager: { kind: 'choice', label: 'Manager', options: numbers(150), initial: 'v140' },
        tools: { kind: 'choices', label: 'Tools', options: numbers(4), initial: ['v0', 'v3'] },
        lists: { kind: 'choices', label: 'Lists', options: numbers(150), initial: ['v149'] },
      },
    }),
    async submit(values) {
      await scene.submitReady;
      if (scene.refusal) return { kind: 'invalid', errors: scene.refusal };
      scene.done.push(`saved ${JSON.stringify(values)}`);
      return { kind: 'nothing' };
    },
  });

export const readFiles: Command<Turn> = {
  word: 'read',
  usage: 'read',
  summary: () => 'Says what is in the files that came along',
  async run(args) {
    const texts = await Promise.all(
      args.map(async (word) => {
        if (typeof word === 'string' || word.kind !== 'file') return `word ${plainText([word])}`;
        const text = await word.text(1000);
        return typeof text === 'string' ? `${word.name} says ${text}` : text.refused;
      }),
    );
    return { kind: 'say', to: 'here', card: note('Read', ...texts) };
  },
};
