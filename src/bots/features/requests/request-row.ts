/** An open request as a row of Home, where its approver may decide it. */
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { answerLine } from '../../../engine/integrations/form.ts';
import { fullName, type Integration } from '../../../engine/people/directory.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import { approversOf } from '../../../engine/requests/approvers.ts';
import { chosenForApprovalAt } from '../../../engine/requests/needs-approval.ts';
import { pressNow } from '../../../engine/requests/press-now.ts';
import { readableContent } from '../../../engine/requests/readable-content.ts';
import { policyOf } from '../../../engine/settings/settings.ts';
import type { Reader } from '../../live/context.ts';
import { type Button, type Row, strong } from '../../view/card.ts';
import { whatWords } from '../bundles/bundle-words.ts';
import { openBundleRequest } from '../bundles/open-bundle-request.ts';
import { approveAndDeny, howLong } from './request-card.ts';
import { requestTitle } from './request-title.ts';

/** The longest text of a request that is shown whole in one row. */
const ROW_DETAIL = 200;
/** Would look like another part of the row. */
const SEPARATOR = /·|[\r\n]/;

/** A bundle as a row: it is decided on its own card, where each of its apps says what it is. */
async function bundleRow(
  {
    bundleRequestId,
    personId,
    requestedById,
  }: AccessRequest & { readonly bundleRequestId: string },
  { stores }: Reader,
): Promise<Row> {
  const [person, requester, bundleRequest] = await Promise.all([
    stores.people.find(personId),
    stores.people.find(requestedById),
    stores.bundleRequests.find(bundleRequestId),
  ]);
  const who = requester ? fullName(requester) : t`Someone`;
  const what = bundleRequest ? await whatWords(bundleRequest.of, stores) : t`something`;
  const text =
    personId === requestedById || !person
      ? t`${who} requests ${what}`
      : t`${who} requests ${what} for ${fullName(person)}`;
  const does = openBundleRequest.with({ bundleRequestId });
  const view = { label: t`View`, about: t`View: ${text}`, does };
  return { kind: 'row', text: [strong(text)], buttons: [view] };
}

/**
 * An open request as a row for its approver. They can approve it there where the row says everything: how long, every answer
 * and the reason. Else only the whole request has the buttons.
 * @param view opens the request
 */
export async function requestRow(
  request: AccessRequest,
  view: Button,
  context: Reader,
): Promise<Row> {
  const { stores } = context;
  const { bundleRequestId } = request;
  if (bundleRequestId !== undefined) return bundleRow({ ...request, bundleRequestId }, context);
  const [person, requester, integration] = await Promise.all([
    stores.people.find(request.personId),
    stores.people.find(request.requestedById),
    stores.integrations.find(request.integrationId),
  ]);
  const isOwn = request.personId === request.requestedById;
  const text =
    person && requester && integration
      ? requestTitle({ request, person, requester, integration }, context.reader)
      : t`Someone requests access`;
  const about = (button: Button): Button => ({
    ...button,
    about: `${button.label.replace(/ ?…$/, '')}: ${text}`,
  });
  const detail =
    integration && isOwn ? await wholeDetail(request, integration, context) : undefined;
  return integration && detail !== undefined
    ? {
        kind: 'row',
        text: [strong(text)],
        detail: [detail],
        buttons: [...approveAndDeny(request, integration), view].map(about),
      }
    : { kind: 'row', text: [strong(text)], buttons: [about(view)] };
}

/** Everything that the request says, in one line. Undefined where that is too much, or the reader can't decide it alone. */
async function wholeDetail(
  request: AccessRequest,
  integration: Integration,
  { stores, reader, now, scheduleZone }: Reader,
): Promise<string | undefined> {
  const [content, verdicts, approvers] = await Promise.all([
    readableContent(stores, request.id),
    stores.requests.verdicts(request.id),
    approversOf({ request, integration }, stores, { now: now(), timeZone: scheduleZone }),
  ]);
  const isOthers = pressNow(approvers, verdicts, reader.id).kind !== 'seat';
  if (
    !content ||
    request.kind !== 'grant' ||
    isOthers ||
    approvers.needed > 1 ||
    verdicts.length > 0
  )
    return undefined;
  if ((await chosenForApprovalAt(stores, integration, content.form)).length > 0) return undefined;
  const parts = compact([
    ...content.answers.map(answerLine),
    content.reason && t`Reason: ${content.reason}`,
  ]);
  const detail = [howLong(request, policyOf(integration)), ...parts].join(' · ');
  return parts.some((part) => SEPARATOR.test(part)) || detail.length > ROW_DETAIL
    ? undefined
    : detail;
}
