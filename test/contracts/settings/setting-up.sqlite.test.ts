import { temporaryDatabase } from '../../support/database/database.ts';
import { settingUpContract } from './setting-up.ts';

settingUpContract((now) => temporaryDatabase(now));
