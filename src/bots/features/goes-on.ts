/** What work waits for, and when it goes on. */
import { MINUTE_MS } from '../../core/hours.ts';
import { t } from '../../core/translate.ts';
import type { Reader } from '../live/context.ts';
import { showTime } from '../view/dates.ts';

/** The app didn't answer, is busy, or isn't ready yet. */
export const waitsForApp = (name: string): string => t`Waiting for an answer from ${name}.`;

const SOON_MS = MINUTE_MS;

/** A time only helps where there is a long wait. */
export const goesOnWords = (dueAt: Date, reader: Reader): string =>
  dueAt.getTime() - reader.now().getTime() < SOON_MS
    ? t`It continues in a moment.`
    : t`It continues on ${showTime(dueAt, reader)}.`;
