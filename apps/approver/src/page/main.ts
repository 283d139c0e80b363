import { provideParser } from '@countersign/sql';
import { App, reportFaults } from './app.ts';
import { requireEd25519 } from './double-verifier.ts';
import { ownHash } from './own-hash.ts';
import { postgresParser } from './postgres-parser.ts';

// First of all: the hash is that of the document as the file has it.
ownHash();
reportFaults();
provideParser(postgresParser);
const app = new App();
requireEd25519().then(
  () => app.start(),
  (thrown: unknown) => app.refuse(thrown),
);
