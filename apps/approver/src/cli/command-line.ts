import { postgresParser, runVerb, type ExitCode, type ProgramRun } from '@countersign/program';
import { provideParser } from '@countersign/sql';
import { approverVerbs } from './verbs.ts';
import { approverVersion } from './version.ts';

/** Parses the arguments, runs the one command they name and returns its exit code. */
export function approverMain(run: ProgramRun): Promise<ExitCode> {
  provideParser(postgresParser);
  return runVerb(run, {
    name: 'countersign-approver',
    description: 'read and sign database requests on a machine without a network',
    version: approverVersion,
    options: [
      {
        flags: '--home <directory>',
        text: 'the folder of your keys (default: COUNTERSIGN_APPROVER_HOME, else the nearest .countersign-approver upward)',
      },
    ],
    nouns: {
      key: 'your keys',
      journal: 'what your keys have signed',
      roster: 'who may submit, approve and audit',
    },
    verbs: approverVerbs,
  });
}
