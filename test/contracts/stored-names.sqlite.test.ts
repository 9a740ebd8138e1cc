import { temporaryDatabase } from '../support/database.ts';
import { storedNamesContract } from './stored-names.ts';

storedNamesContract((now) => temporaryDatabase(now));
