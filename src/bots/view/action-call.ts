/** An action bound to its payload, which a button or an open form carries. */
export interface ActionCall {
  readonly id: string;
  /** JSON; ids only. */
  readonly payload: string;
  readonly opensForm: boolean;
}

/** The action that a form was shown for. */
export type ShownCall = Pick<ActionCall, 'id' | 'payload'>;
