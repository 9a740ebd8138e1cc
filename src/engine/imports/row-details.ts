import { z } from 'zod';
import type { Json } from '../../core/json.ts';
import type { CreateKey } from '../manifest/schema.ts';

/**
 * What a row of an app says about a person besides address and name. A missing field: the row doesn't say, so nothing changes. An
 * empty text (`null` in `stored`): the source has no value, so an owned field is cleared.
 */
export const rowDetails = z.object({
  phone: z.string().optional(),
  position: z.string().optional(),
  department: z.string().optional(),
  /** ISO date. */
  startDate: z.string().optional(),
  /** ISO date: the last day. */
  endDate: z.string().optional(),
  managerEmail: z.string().optional(),
  /** Their employee ID, where the source names them by it. Then the address is only known by `withManagers`. */
  managerId: z.string().optional(),
  /** IANA name. */
  timeZone: z.string().optional(),
  /** Never empty. */
  employeeId: z.string().optional(),
  /** Values that are kept with the person, by name. */
  stored: z.record(z.string(), z.custom<Json>()).optional(),
});
export type RowDetails = Readonly<z.output<typeof rowDetails>>;

export type DetailField = Exclude<keyof RowDetails, 'stored'>;

/** The field of each key of a create's `data_structure`. */
export const detailKeys = {
  phone: 'phone',
  position: 'position',
  department: 'department',
  start: 'startDate',
  end: 'endDate',
  manager_email: 'managerEmail',
  manager: 'managerEmail',
  manager_id: 'managerId',
  time_zone: 'timeZone',
  employee_id: 'employeeId',
} as const satisfies Record<Exclude<CreateKey, 'email' | 'first_name' | 'last_name'>, DetailField>;
