const MAX_PEOPLE = 5;
const MAX_PERCENT = 2;

/**
 * Whether they are more than `MAX_PEOPLE`, and more than `MAX_PERCENT` of the active people. A change that takes something from so
 * many at once is mostly a mistake in the source, so an admin says yes first.
 */
export const areMany = (people: number, active: number): boolean =>
  people > MAX_PEOPLE && people * 100 > active * MAX_PERCENT;
