import { temporaryPostgres } from '../support/postgres.ts';
import { syncContract } from './sync.ts';

syncContract((now) => temporaryPostgres(now));
