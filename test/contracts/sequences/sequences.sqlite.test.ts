import { temporaryDatabase } from '../../support/database/database.ts';
import { sequencesContract } from './sequences.ts';

sequencesContract((now) => temporaryDatabase(now));
