import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { syncContract } from './sync.ts';

syncContract((now) => temporaryPostgres(now));
