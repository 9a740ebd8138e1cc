/** Form sessions over the store: the form that was shown, bound to its user and its action. */
import { z } from 'zod';
import { newId } from '../../core/ids.ts';
import type { Database } from '../../engine/ports/unit-of-work.ts';
import { formSchema } from '../view/form.ts';
import type { FormSessions, ShownForm } from '../view/form-sessions.ts';

export function storedFormSessions({
  stores,
  now,
}: Pick<Database, 'stores' | 'now'>): FormSessions {
  const { formSessions } = stores;
  return {
    async save(shown, { personId }) {
      const id = newId();
      await formSessions.insert({ id, form: JSON.stringify(shown), personId, createdAt: now() });
      return id;
    },
    async find(id, { personId }) {
      const session = await formSessions.find(id, now());
      return session?.personId === personId ? readShown(session.form) : undefined;
    },
    isAnswered: (id, { personId }) => formSessions.isUsed(id, personId),
    use: (id) => formSessions.use(id, now()),
    reopen: (id) => formSessions.reopen(id),
  };
}

const shownSchema = z.object({
  form: formSchema,
  call: z.object({ id: z.string(), payload: z.string() }),
});

/** Undefined for a form that another version of Latchkey stored; it counts as expired. */
function readShown(text: string): ShownForm | undefined {
  const parsed = shownSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}
