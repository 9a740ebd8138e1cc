/** Form sessions over the store: what was shown, bound to whom it was shown. */
import type { Clock, NewId, Stores } from '../../engine/ports.ts';
import { decodeForm, encodeForm } from '../view/form.ts';
import type { FormSessions } from '../view/form-sessions.ts';

interface Parts {
  readonly stores: Pick<Stores, 'formSessions'>;
  readonly now: Clock;
  readonly newId: NewId;
}

export function storedFormSessions({ stores, now, newId }: Parts): FormSessions {
  const { formSessions } = stores;
  return {
    async save(form, { personId }) {
      const id = newId();
      await formSessions.insert({ id, form: encodeForm(form), personId, createdAt: now() });
      return id;
    },
    async find(id, { personId }) {
      const session = await formSessions.find(id);
      return session?.personId === personId ? decodeForm(session.form) : undefined;
    },
    use: (id) => formSessions.use(id),
    reopen: (id) => formSessions.reopen(id),
  };
}
