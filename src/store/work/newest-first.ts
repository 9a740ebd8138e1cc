/** For `orderBy`. Ids sort by age, so they decide between rows of the same moment. */
export const newestFirst = (column = 'created_at') => [
  { column, order: 'desc' },
  { column: 'id', order: 'desc' },
];
