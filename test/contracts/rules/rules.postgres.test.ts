import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { rulesContract } from './rules.ts';

rulesContract((now) => temporaryPostgres(now));
