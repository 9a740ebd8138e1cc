/** Limits log lines about refused requests. It is enough for an operator to notice a mistyped id or secret. */
export const REFUSALS_NOTED = { burst: 10, perSecond: 1 / 60 };
