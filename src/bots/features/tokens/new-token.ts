/** The form for a new API token, and the link to the page that makes it and shows it once. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { Person } from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { problemOf } from '../../../engine/tokens/create-token.ts';
import { mayHaveToken } from '../../../engine/tokens/may-have.ts';
import { wishSubject } from '../../../engine/tokens/reveal-token.ts';
import {
  DEFAULT_DAYS,
  MAX_DAYS,
  MAX_NAME,
  SCOPES,
  type Scope,
  scopeWords,
  type TokenKind,
} from '../../../engine/tokens/token.ts';
import type { Turn } from '../../live/context.ts';
import { sendLink } from '../../live/send-link.ts';
import { formAction, type OrRefused, sayHere } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import type { Fields, Option } from '../../view/form.ts';
import { auditRefusal } from '../admins.ts';
import { noteToAsk } from '../whom-to-ask.ts';
import { kindWords } from './token-words.ts';

const wanted = () => t`create API tokens`;

async function ownerFor(
  _payload: object,
  turn: Turn,
): Promise<OrRefused<{ readonly owner: Person }>> {
  const { stores, actor } = turn;
  const owner = await stores.people.find(actor.id);
  if (owner && (await mayHaveToken(stores, owner, 'personal'))) return { owner };
  await auditRefusal(wanted, turn, {});
  return {
    refused: await noteToAsk(
      t`You can't ${wanted()}`,
      t`Only admins may have API tokens here. An admin can change that in the settings.`,
      turn,
    ),
  };
}

export const newToken = formAction({
  id: 'token.new',
  payload: z.object({}),
  admit: ownerFor,
  title: () => t`New API token`,
  submitLabel: () => t`Continue`,

  async fields(_payload, { owner }) {
    const kinds: readonly TokenKind[] = isAdmin(owner) ? ['personal', 'service'] : ['personal'];
    const fields = {
      name: {
        kind: 'text',
        label: t`Name`,
        hint: t`What it is for, such as the program that uses it. The audit log shows it. At most ${MAX_NAME} characters.`,
      },
      tokenKind: {
        kind: 'choice',
        label: t`Kind`,
        options: kinds.map((value): Option<TokenKind> => ({ value, label: kindWords()[value] })),
        initial: 'personal',
      },
      scopes: {
        kind: 'choices',
        label: t`What it may do`,
        hint: t`It may never do more than you may at that moment.`,
        options: SCOPES.map((value): Option<Scope> => ({ value, label: scopeWords()[value] })),
        initial: ['read'],
      },
      days: {
        kind: 'text',
        label: t`Days until it expires`,
        hint: t`At most ${MAX_DAYS}. Latchkey reminds you a week before.`,
        initial: String(DEFAULT_DAYS),
      },
    } as const satisfies Fields;
    return { fields };
  },

  async submit({ name, tokenKind, scopes, days }, _payload, { owner, ...turn }) {
    const wish = {
      name: name.trim(),
      kind: tokenKind,
      ownerId: owner.id,
      scopes,
      days: /^\d{1,4}$/.test(days.trim()) ? Number(days) : 0,
    };
    const problem = await problemOf({ ...turn.stores, now: turn.now() }, wish);
    if (problem?.field) return { kind: 'invalid', errors: { [problem.field]: problem.why } };
    if (problem) return sayHere(note(t`No token was created`, problem.why));
    return sendLink(
      { purpose: 'api-token', subject: wishSubject(wish) },
      {
        title: t`Your API token ${wish.name}`,
        paragraphs: [
          t`The page creates it and shows it once. Be ready to save it where only its program can read it.`,
        ],
      },
      turn,
    );
  },
});
