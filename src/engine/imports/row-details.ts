import type { Json } from '../../core/json.ts';
import type { CreateKey } from '../manifest/schema.ts';

/**
 * What a row of an app says about a person besides address and name. A missing field: the row doesn't say, so nothing changes. An
 * empty text (`null` in `stored`): the source has no value, so an owned field is cleared.
 */
export interface RowDetails {
  readonly phone?: string;
  readonly position?: string;
  readonly department?: string;
  /** ISO date. */
  readonly startDate?: string;
  /** ISO date: the last day. */
  readonly endDate?: string;
  readonly managerEmail?: string;
  /** Their employee ID, where the source names them by it. Then the address is only known by `withManagers`. */
  readonly managerId?: string;
  /** IANA name. */
  readonly timeZone?: string;
  /** Never empty. */
  readonly employeeId?: string;
  /** Values that are kept with the person, by name. */
  readonly stored?: Readonly<Record<string, Json>>;
}

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
