import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { removalsContract } from './removals.ts';

removalsContract((now) => temporaryPostgres(now));
