import { temporaryPostgres } from '../support/postgres.ts';
import { settingUpContract } from './setting-up.ts';

settingUpContract((now) => temporaryPostgres(now));
