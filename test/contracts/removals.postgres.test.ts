import { temporaryPostgres } from '../support/postgres.ts';
import { removalsContract } from './removals.ts';

removalsContract((now) => temporaryPostgres(now));
