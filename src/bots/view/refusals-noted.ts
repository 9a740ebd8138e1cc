/** Lines of the log about refused requests, from everywhere: enough for an operator who has mistyped an id or a secret. */
export const REFUSALS_NOTED = { burst: 10, perSecond: 1 / 60 };
