/**
 * Break-glass: someone takes access at once, without an approval, where an admin allowed it for the integration. It is an approved
 * request with a record beside it. Owners and admins are notified at once, and review it the next day. A request that another app's
 * answer approved ("on call") has the same record: it is reviewed the next day.
 *
 * | state   | what it means                            | what ends it                   |
 * |---------|------------------------------------------|--------------------------------|
 * | open    | nobody has reviewed it                   | OK, or Look into it…           |
 * | looking | someone looks into it, and said why      | OK                             |
 * | ok      | an owner or admin found it all right     | final                          |
 */
export const breakGlassStates = { open: true, looking: true, ok: true } as const;

export interface BreakGlass {
  readonly requestId: string;
  readonly at: Date;
  readonly state: keyof typeof breakGlassStates;
  /** When its reviewers are asked next, or the one who looks into it is reminded; undefined when nobody is any more. */
  readonly reviewAt?: Date;
  readonly reviewedById?: string;
  readonly reviewedAt?: Date;
  /** Encrypted at rest. */
  readonly comment?: string;
}
