/** Buttons that open the browser: the manifest editor, and the page that connects an app. */
import { z } from 'zod';
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { stateOf } from '../../../engine/integrations/integration-state.ts';
import { manifestOf } from '../../../engine/integrations/manifest-of.ts';
import { nextStep } from '../../../engine/integrations/next-step.ts';
import { subjectNow } from '../../../engine/links/web-sessions.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import { sendLink } from '../../live/send-link.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { type Card, note, withButtons } from '../../view/card.ts';
import { adminsAbout, refuse } from '../admins.ts';
import { wordButton } from '../word-button.ts';

const payload = z.object({
  purpose: z.enum(['manifest', 'connect']),
  /** An integration's id; for a new manifest or one from a file, the draft's id. */
  subject: z.string(),
});
type PageRef = z.infer<typeof payload>;

const toOpen = adminsAbout(({ purpose }: PageRef) => whatIsWanted()[purpose]);

export const openPage = buttonAction({
  id: 'page.open',
  payload,
  admit: toOpen,

  async handle(wanted, turn): Promise<Reply> {
    const found = await subjectNow(turn.stores, { ...wanted, personId: turn.actor.id });
    if (found.kind !== 'good') return refuse(gone());
    const { integration } = found;
    switch (wanted.purpose) {
      case 'manifest':
        return sendLink(wanted, { title: titleOf(integration), paragraphs: [editorText()] }, turn);
      case 'connect':
        return integration ? connect(integration, wanted, turn) : refuse(gone());
      default:
        return unreachable(wanted.purpose);
    }
  },
});

const whatIsWanted = (): Readonly<Record<PageRef['purpose'], string>> => ({
  manifest: t`write manifests`,
  connect: t`connect integrations`,
});

const editorText = () =>
  t`The editor completes as you type, shows the form as people see it, and test-runs the manifest for a person you choose. It closes an hour after you open it, so save before then.`;

const titleOf = (integration: Integration | undefined): string =>
  integration ? t`The manifest of ${integration.name}` : t`A manifest for your new integration`;

async function connect(integration: Integration, wanted: PageRef, turn: Turn): Promise<Reply> {
  const { name } = integration;
  const manifest = await manifestOf(turn.stores, integration);
  if (!manifest) return refuse(note(t`${name} can't be connected`, unreadable()));
  if (!manifest.oauth)
    return refuse(note(t`${name} needs no connection`, t`The manifest has no "oauth".`));
  const state = await stateOf(turn.stores, integration);
  if (state.kind === 'needs-secrets')
    return refuse(note(t`${name} can't be connected yet`, nextStep(name, state)));
  const again = state.kind !== 'needs-connecting' && t`The current connection stays until then.`;
  return sendLink(
    wanted,
    {
      title: t`Connect ${name}`,
      paragraphs: [sentences(t`Sign in to ${name} there and allow Latchkey to use it.`, again)],
    },
    turn,
  );
}

const unreadable = () => t`The manifest can't be read any more. Save it again first.`;
const gone = (): Card =>
  withButtons(
    note(
      t`This no longer exists`,
      t`The integration or the draft has been deleted. Nothing changed.`,
    ),
    wordButton(t`Integrations`, 'integrations'),
  );
