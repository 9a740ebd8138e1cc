/** What a row of a third party may say of a person besides address and name. */
export interface RowDetails {
  readonly phone?: string;
  readonly position?: string;
  readonly department?: string;
  /** ISO date. */
  readonly startDate?: string;
  readonly managerEmail?: string;
}
