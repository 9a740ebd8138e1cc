const MAX_PEOPLE = 5;
const MAX_PERCENT = 2;

/**
 * More people than this, and than so many per cent of the active ones: what takes something from all of them at once is mostly a
 * mistake in the source, so an admin says yes first.
 */
export const areMany = (people: number, active: number): boolean =>
  people > MAX_PEOPLE && people * 100 > active * MAX_PERCENT;
