/** Reviews, each with what became of it. */
import { plural, sayNumber, t } from '../../core/translate.ts';
import { around, pageOf, ROWS, type Turn } from './turn.ts';
import type { Cell, View } from './views.ts';

export async function reviews(turn: Turn): Promise<View> {
  const { stores } = turn;
  const page = pageOf(turn, ROWS);
  const { reviews: shown, total } = await stores.reviews.list(page);
  const revoked = await stores.reviews.revoked(shown.map(({ id }) => id));
  const count = async (id: string, state?: 'open' | 'kept') =>
    (await stores.reviews.items(id, state ? { state } : {}, { offset: 0, limit: 1 })).total;
  const rows: Cell[][] = await Promise.all(
    shown.map(async ({ id, name, state, dueDate }) => {
      const { revoked: taken = 0, open = 0 } = revoked.get(id) ?? {};
      const numbers = [
        await count(id),
        await count(id, 'open'),
        await count(id, 'kept'),
        taken,
        taken - open,
      ];
      return [
        { text: name },
        { text: state === 'open' ? t`open until ${dueDate}` : t`closed` },
        ...numbers.map((number) => ({ text: sayNumber(number) })),
      ];
    }),
  );
  return {
    title: t`Reviews`,
    tab: 'reviews',
    tables: [
      {
        counted: plural(total, { one: t`1 review`, other: t`${sayNumber(total)} reviews` }),
        columns: [
          t`Review`,
          t`State`,
          t`Accesses`,
          t`Undecided`,
          t`Kept`,
          t`Revoked`,
          t`Proven gone`,
        ],
        rows,
      },
    ],
    ...around('reviews', { total, page, turn }),
  };
}
