/** A process that begins to migrate the database in its first argument, says so half-way, and hangs. */
import { openDatabase } from '../../../src/store/database.ts';
import { migrate, migrations } from '../../../src/store/migrations.ts';

const hang = {
  async up() {
    process.send?.('half-way');
    await new Promise((resolve) => {
      setInterval(resolve, 2 ** 30);
    });
  },
};

await migrate(openDatabase(process.argv[2] ?? ''), { ...migrations, '9999-hang': hang });
