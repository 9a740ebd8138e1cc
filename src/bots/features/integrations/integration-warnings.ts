/** The warnings of an integration's manifest, where its card can't show all of them. */
import { t } from '../../../core/translate.ts';
import { checkHere } from '../../../engine/manifest/workspace-check.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply, replaceWith, sayToPerson } from '../../view/action.ts';
import { type Card, paragraph } from '../../view/card.ts';
import { refuse } from '../admins.ts';
import { pagedLines, pageShown } from '../paging.ts';
import { type Target, targetPayload, targetToRead } from './integration-target.ts';
import { problemCount, problemLines, problemsOf } from './problem-list.ts';

const wanted = () => t`see integrations`;

export const openWarnings = buttonAction({
  id: 'integration.warnings',
  payload: targetPayload,

  async handle(target, turn: Turn): Promise<Reply> {
    const card = await warningsCard(target, 0, turn);
    return 'refused' in card ? refuse(card.refused) : sayToPerson(card);
  },
});

export const turnWarningsPage = buttonAction({
  id: 'integration.warnings-page',
  payload: targetPayload.extend(pageShown.shape),

  async handle({ page, ...target }, turn: Turn): Promise<Reply> {
    const card = await warningsCard(target, page, turn);
    return replaceWith('refused' in card ? card.refused : card);
  },
});

async function warningsCard(
  target: Target,
  page: number,
  turn: Turn,
): Promise<Card | { readonly refused: Card }> {
  const { integration, refused } = await targetToRead(target, wanted, turn);
  if (refused) return { refused };
  const version = await turn.stores.integrations.findVersion(integration.manifestVersionId);
  const found = version
    ? problemsOf(await checkHere(turn.stores, version.manifest))
    : { errors: [], warnings: [] };
  return {
    title: t`Warnings about ${integration.name}`,
    blocks: [
      paragraph(
        problemCount(found) === ''
          ? t`There are no more warnings.`
          : found.errors.length === 0
            ? t`The integration works as it is. Check these places when you change its manifest.`
            : t`Places marked ✗ don't work. Fix them in the manifest and save it again.`,
      ),
      ...pagedLines(problemLines(found), {
        total: problemCount(found),
        page,
        to: (to) => turnWarningsPage.with({ ...target, page: to }),
      }),
    ],
  };
}
