/** The warnings of an integration's manifest, where its card can't show all of them. */
import { t } from '../../../core/translate.ts';
import { checkHere } from '../../../engine/manifest/workspace-check.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, replaceWith, sayToPerson } from '../../view/action.ts';
import { type Card, paragraph } from '../../view/card.ts';
import { pagedLines, pageShown } from '../paging.ts';
import { targetPayload, targetToRead } from './integration-target.ts';
import { problemCount, problemLines, problemsOf } from './problem-list.ts';

const toRead = targetToRead(() => t`see integrations`);

export const openWarnings = buttonAction({
  id: 'integration.warnings',
  payload: targetPayload,
  admit: toRead,
  handle: async (_target, { integration, ...turn }) =>
    sayToPerson(await warningsCard(integration, 0, turn)),
});

export const turnWarningsPage = buttonAction({
  id: 'integration.warnings-page',
  payload: targetPayload.extend(pageShown.shape),
  admit: toRead,
  refusesInPlace: true,
  handle: async ({ page }, { integration, ...turn }) =>
    replaceWith(await warningsCard(integration, page, turn)),
});

async function warningsCard(
  { id: integrationId, name, manifestVersionId }: Integration,
  page: number,
  { stores }: Turn,
): Promise<Card> {
  const version = await stores.integrations.findVersion(manifestVersionId);
  const found = version
    ? problemsOf(await checkHere(stores, version.manifest))
    : { errors: [], warnings: [] };
  return {
    title: t`Warnings about ${name}`,
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
        to: (to) => turnWarningsPage.with({ integrationId, page: to }),
      }),
    ],
  };
}
