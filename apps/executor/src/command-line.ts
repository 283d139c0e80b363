import { postgresParser, runVerb, type ExitCode, type ProgramRun } from '@countersign/program';
import { provideParser } from '@countersign/sql';
import { recordVerbs } from './verbs/record-verbs.ts';
import { requestVerbs } from './verbs/request-verbs.ts';
import { serviceVerbs } from './verbs/service-verbs.ts';
import { setupVerbs } from './verbs/setup-verbs.ts';
import { executorVersion } from './version.ts';

/** Parses the arguments, runs the one command they name and returns its exit code. */
export function executorMain(run: ProgramRun): Promise<ExitCode> {
  provideParser(postgresParser);
  return runVerb(run, {
    name: 'countersign',
    description: 'approve database statements over an air gap',
    version: executorVersion,
    options: [
      {
        flags: '--home <directory>',
        text: 'the home (default: COUNTERSIGN_HOME, else the nearest .countersign upward)',
      },
    ],
    nouns: {
      key: 'keys of people, services, agents and executors',
      roster: 'who may submit, approve and audit',
      identity: 'whoever may submit',
      target: 'the databases',
      policy: 'policy as code',
      ledger: 'the record of everything decided and run',
    },
    verbs: [...requestVerbs, ...serviceVerbs, ...setupVerbs, ...recordVerbs],
  });
}
