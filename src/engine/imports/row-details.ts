/** What a row of an app may say about a person besides address and name. */
export interface RowDetails {
  readonly phone?: string;
  readonly position?: string;
  readonly department?: string;
  /** ISO date. */
  readonly startDate?: string;
  readonly managerEmail?: string;
}
