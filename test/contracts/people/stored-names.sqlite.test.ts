import { temporaryDatabase } from '../../support/database/database.ts';
import { storedNamesContract } from './stored-names.ts';

storedNamesContract((now) => temporaryDatabase(now));
