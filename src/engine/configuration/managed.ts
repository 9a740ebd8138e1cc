/** Which things are managed by files: those that were applied from one. Types alone, for ports and stores. */

export const thingKinds = ['settings', 'integration', 'bundle', 'rule', 'sequence'] as const;
export type ThingKind = (typeof thingKinds)[number];

export interface ManagedThing {
  readonly kind: ThingKind;
  readonly id: string;
  /** Within its folder: `integrations/figma.json` */
  readonly file: string;
  readonly appliedAt: Date;
}

/** The id of the settings, of which there is one. */
export const SETTINGS_ID = 'workspace';
