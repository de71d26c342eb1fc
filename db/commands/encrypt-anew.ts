import { Encryption } from '../../server/encryption.ts';
import { encryptAnew } from '../../server/encrypt-anew.ts';
import { runProgram } from '../../server/process.ts';
import { readSettings } from '../../server/settings.ts';
import { openDatabase } from '../connect.ts';

/**
 * Encrypts with the first key of ENCRYPTION_KEY what was encrypted with another. The database needs the others no more then;
 * links in mails that went out do, for two months.
 */
await runProgram(async () => {
  const settings = readSettings();
  const database = await openDatabase(settings);
  try {
    const encryption = new Encryption(settings.encryptionKeys());
    const written = await encryptAnew(database.pool('callboard_service'), encryption);
    console.log(`${written} values are encrypted with the current key now.`);
    if (settings.encryptionKeys().length > 1) {
      console.log(
        'Links in mails that went out are signed with the key of their time. Keep the old one behind it for two months.',
      );
    }
  } finally {
    await database.close();
  }
});
