import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { discoveriesContract } from './discoveries.ts';

discoveriesContract((now) => temporaryPostgres(now));
