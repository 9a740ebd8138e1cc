/** The recurring reviews, each with its next date. Owners have those of their apps. */
import { z } from 'zod';
import { dayIn } from '../../../core/days.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import type { Page } from '../../../engine/ports/store.ts';
import { type Campaign, nextOn } from '../../../engine/reviews/campaign.ts';
import { maySeeCampaign } from '../../../engine/reviews/campaigns.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction } from '../../view/action.ts';
import { ownersTo } from '../admins.ts';
import { type ListCard, listCard, listRow, openButton } from '../list-card.ts';
import { pageShown, type Rows, rowsAt } from '../paging.ts';
import { openCampaign } from './campaign-card.ts';
import { addCampaign } from './campaign-form.ts';
import { nextWords, undecidedSentence } from './review-words.ts';

const wanted = () => t`see access reviews`;

const campaigns: ListCard<z.infer<typeof pageShown>> = listCard({
  id: 'review-campaigns.page',
  payload: pageShown,
  admit: ownersTo(wanted),

  read: async (_shown, at, turn) => ({
    ...(await seen(at, turn)),
    mayAdd: turn.actor.role !== 'auditor',
  }),

  title: () => t`Recurring reviews`,
  empty: () =>
    t`No recurring reviews yet. One starts on its dates, for example every quarter, and asks managers or owners who still needs what.`,
  counted: ({ total }) =>
    plural(total, { one: t`1 recurring review`, other: t`${sayNumber(total)} recurring reviews` }),

  row(campaign, _found, { installation, now }) {
    const { id: campaignId, name, undecided } = campaign;
    const next = nextOn(campaign, dayIn(installation.timeZone, now()));
    const about = `${nextWords(campaign, next)} · ${undecidedSentence(undecided)}`;
    return listRow(name, about, openButton(name, openCampaign.with({ campaignId })));
  },

  before: ({ mayAdd }) =>
    mayAdd
      ? [{ label: t`New recurring review…`, tone: 'primary', does: addCampaign.with({}) }]
      : [],
});
export const turnCampaignsPage = campaigns.turnPage;

const ALL = { offset: 0, limit: 500 };

/** There are few, so an owner's are found among all. */
async function seen(at: Page, { stores, actor }: Turn): Promise<Rows<Campaign>> {
  if (maySeeSetUp(actor)) {
    const found = await stores.campaigns.list(at);
    return { items: found.campaigns, total: found.total };
  }
  const all = await stores.campaigns.list(ALL);
  const own: Campaign[] = [];
  for (const each of all.campaigns) if (await maySeeCampaign(actor, each, stores)) own.push(each);
  return rowsAt(own, at);
}

export const openCampaigns = buttonAction({
  id: 'review-campaigns.open',
  payload: z.object({}),
  handle: (_payload, turn: Turn) => campaigns.reply({ page: 0 }, turn),
});
