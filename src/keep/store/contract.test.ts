import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { storeContract } from './contract.ts';
import { openEmbeddedStore } from './embedded.ts';

storeContract('embedded', () => {
  const folder = mkdtempSync(join(tmpdir(), 'firedoor-store-'));
  const onDisk = async (sql: string, ...values: (string | number)[]): Promise<void> => {
    const database = new DatabaseSync(join(folder, 'firedoor.db'));
    database.prepare(sql).run(...values);
    database.close();
  };
  return {
    open: () => openEmbeddedStore({ folder }),
    clean: async () => rmSync(folder, { recursive: true }),
    tamper: (position, json) => onDisk('UPDATE audit SET json = ? WHERE position = ?', json, position),
    cutAudit: () => onDisk('DELETE FROM audit WHERE position = (SELECT max(position) FROM audit)'),
  };
});
