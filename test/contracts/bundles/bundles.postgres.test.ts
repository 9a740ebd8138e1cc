import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { bundlesContract } from './bundles.ts';

bundlesContract((now) => temporaryPostgres(now));
