/** What Teams shows below links to our pages: a message extension that it asks by itself. */
import { z } from 'zod';
import { inLocale } from '../../core/translate.ts';
import type { Preview } from '../view/bot-deps.ts';
import type { AdaptiveCard } from './adaptive-card.ts';
import { LINK_CARD_VERSION } from './limits.ts';
import { type CardOptions, renderInOne } from './render-card.ts';

/** The body of the answer to `composeExtension/queryLink`. An empty one shows nothing. */
export interface LinkAnswer {
  readonly composeExtension?: {
    readonly type: 'result';
    readonly attachmentLayout: 'list';
    readonly attachments: readonly [
      {
        readonly contentType: 'application/vnd.microsoft.card.adaptive';
        readonly content: AdaptiveCard;
        /** What the composer shows. */
        readonly preview: {
          readonly contentType: 'application/vnd.microsoft.card.thumbnail';
          readonly content: { readonly title: string };
        };
      },
    ];
  };
}

const linkValue = z.looseObject({ url: z.string() });

export const readLink = (value: unknown): string | undefined =>
  linkValue.safeParse(value).data?.url;

export function linkAnswer(
  preview: Preview | undefined,
  { dialogs }: Pick<CardOptions, 'dialogs'>,
): LinkAnswer {
  if (!preview) return {};
  const { card, locale } = preview;
  const drawn = inLocale(locale, () => renderInOne(card, { dialogs, belowLink: true }));
  return {
    composeExtension: {
      type: 'result',
      attachmentLayout: 'list',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: { ...drawn, version: LINK_CARD_VERSION },
          preview: {
            contentType: 'application/vnd.microsoft.card.thumbnail',
            content: { title: card.title },
          },
        },
      ],
    },
  };
}
