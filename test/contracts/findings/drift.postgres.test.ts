import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { driftContract } from './drift.ts';

driftContract((now) => temporaryPostgres(now), { isConcurrent: true });
