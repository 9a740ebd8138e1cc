/** A recurring review: what it asks, whom, when next; and Edit, Start now, Stop. */
import { z } from 'zod';
import { dayIn } from '../../../core/days.ts';
import { HOURS_A_DAY, hoursWords } from '../../../core/hours.ts';
import { t } from '../../../core/translate.ts';
import { nameOrDeleted } from '../../../engine/people/directory.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import { type Campaign, hasReadableScope, nextOn } from '../../../engine/reviews/campaign.ts';
import {
  mayChangeCampaign,
  maySeeCampaign,
  resumeCampaign,
  startNow,
  stopCampaign,
} from '../../../engine/reviews/campaigns.ts';
import { actorOf, type Reader, type Turn } from '../../live/context.ts';
import {
  buttonAction,
  formAction,
  type OrRefused,
  type Reply,
  showCard,
} from '../../view/action.ts';
import { type Button, buttonRow, type Card, factList, note } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { asSentence } from '../people/person-words.ts';
import { appNotSeen, noteToAsk } from '../whom-to-ask.ts';
import { campaignFor, editCampaign, nothingToReview } from './campaign-form.ts';
import { undecidedLabel } from './review-fields.ts';
import { campaignPayload, campaignRefs } from './review-ref.ts';
import { reviewReport, showStarted } from './review-report.ts';
import { nextWords, reviewersWords, scopeWords, undecidedSentence } from './review-words.ts';

export const campaignCard = liveCard({
  ...campaignRefs,

  async render({ campaignId }, context: Reader): Promise<Card> {
    const { stores, reader, now, scheduleZone } = context;
    const campaign = await stores.campaigns.find(campaignId);
    if (!campaign && maySeeSetUp(reader))
      return note(t`This recurring review no longer exists`, t`It was deleted.`);
    if (!campaign || !(await maySeeCampaign(reader, campaign, stores)))
      return noteToAsk(
        t`You can't see this recurring review`,
        t`Only Latchkey admins, auditors and the owners of its apps can.`,
        context,
      );
    const mayChange = await mayChangeCampaign(reader, campaign, stores);
    const maker = await stores.people.find(campaign.createdById);
    const today = dayIn(scheduleZone, now());
    const last =
      campaign.lastReviewId === undefined
        ? undefined
        : await stores.reviews.find(campaign.lastReviewId);
    const isReadable = hasReadableScope(campaign);
    return {
      title: campaign.name,
      blocks: [
        factList([
          [t`When`, asSentence(nextWords(campaign, nextOn(campaign, today)))],
          [t`How long reviewers have`, hoursWords(campaign.days * HOURS_A_DAY)],
          [t`Access`, isReadable ? await scopeWords(campaign.scope, stores) : sayUnread()],
          [t`Who reviews`, await reviewersWords(campaign, stores)],
          [t`Undecided at the end`, undecidedLabel(campaign.undecided)],
          [t`Set up by`, nameOrDeleted(maker)],
        ]),
        ...buttonRow([
          last && { label: t`Last review`, does: openLastReview.with({ campaignId }) },
          ...(mayChange
            ? [
                { label: t`Edit…`, does: editCampaign.with({ campaignId }) },
                ...(isReadable ? starting(campaign) : []),
              ]
            : []),
        ]),
      ],
    };
  },
});

const starting = ({ id: campaignId, state }: Campaign): readonly Button[] => [
  { label: t`Start now…`, does: startCampaign.with({ campaignId }) },
  state === 'on'
    ? { label: t`Stop`, does: turnCampaign.with({ campaignId, to: 'stopped' }) }
    : { label: t`Resume`, does: turnCampaign.with({ campaignId, to: 'on' }) },
];

const sayUnread = () =>
  t`What it asks about can't be read, so it starts nothing. Press "Edit…" and choose it again.`;

const wanted = () => t`see access reviews`;

/** That there is none any more is for admins and auditors to know. */
async function campaignToSee(
  { campaignId }: z.infer<typeof campaignPayload>,
  turn: Turn,
): Promise<OrRefused<{ readonly campaign: Campaign | undefined }>> {
  const campaign = await turn.stores.campaigns.find(campaignId);
  const actor = await turn.stores.people.find(turn.actor.id);
  const maySee = campaign
    ? actor && (await maySeeCampaign(actor, campaign, turn.stores))
    : actor && maySeeSetUp(actor);
  if (maySee) return { campaign };
  await auditRefusal(wanted, turn, {});
  return { refused: await appNotSeen(t`You can't ${wanted()}`, turn) };
}

export const openCampaign = buttonAction({
  id: 'review-campaign.open',
  payload: campaignPayload,
  admit: campaignToSee,
  handle: async ({ campaignId }): Promise<Reply> => showCard(campaignCard.with({ campaignId })),
});

export const openLastReview = buttonAction({
  id: 'review-campaign.last',
  payload: campaignPayload,
  admit: campaignToSee,
  handle: async (_payload, { campaign }): Promise<Reply> =>
    showCard(reviewReport.with({ reviewId: campaign?.lastReviewId ?? '', page: 0 })),
});

export const turnCampaign = buttonAction({
  id: 'review-campaign.turn',
  payload: campaignPayload.extend({ to: z.enum(['on', 'stopped']) }),
  admit: campaignFor,

  async handle({ campaignId, to }, turn): Promise<Reply> {
    await turn.transact(async (tx) => {
      const campaign = await tx.campaigns.find(campaignId);
      if (campaign)
        await (to === 'on' ? resumeCampaign : stopCampaign)(tx, campaign, actorOf(turn));
    });
    return { kind: 'nothing' }; // The card shows it.
  },
});

export const startCampaign = formAction({
  id: 'review-campaign.start',
  payload: campaignPayload,
  admit: campaignFor,
  title: () => t`Start the review now`,
  submitLabel: () => t`Start`,

  fields: async (_payload, { campaign }) => ({
    intro: [
      t`Reviewers get their cards now, and have ${hoursWords(campaign.days * HOURS_A_DAY)}. The next date stays.`,
      undecidedSentence(campaign.undecided),
    ],
  }),

  async submit(_values, { campaignId }, { campaign, ...turn }) {
    const began = await turn.transact(async (tx) =>
      startNow(tx, (await tx.campaigns.find(campaignId)) ?? campaign, actorOf(turn)),
    );
    if (began.kind === 'unread') return refuse(note(t`No review was started`, sayUnread()));
    if (began.kind === 'nothing') return refuse(nothingToReview());
    return showStarted(began.review);
  },
});
