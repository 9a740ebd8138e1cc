import { temporaryDatabase } from '../../support/database/database.ts';
import { rulesContract } from './rules.ts';

rulesContract((now) => temporaryDatabase(now));
