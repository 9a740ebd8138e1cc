import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { settingUpContract } from './setting-up.ts';

settingUpContract((now) => temporaryPostgres(now));
