import { temporaryDatabase } from '../../support/database/database.ts';
import { discoveriesContract } from './discoveries.ts';

discoveriesContract((now) => temporaryDatabase(now));
