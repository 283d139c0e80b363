import { commandLine, ExitCode, type ProgramRun, type Surroundings } from '@countersign/program';
import type { Command } from 'commander';
import { recordVerbs } from './verbs/record-verbs.ts';
import { requestVerbs } from './verbs/request-verbs.ts';
import { setupVerbs } from './verbs/setup-verbs.ts';
import { Options, type OptionLine, type Verb } from './verbs/verb.ts';
import { executorVersion } from './version.ts';

const nouns: Readonly<Record<string, string>> = {
  key: 'keys of people, services, agents and executors',
  roster: 'who may submit, approve and audit',
  target: 'the databases',
  policy: 'policy as code',
  ledger: 'the record of everything decided and run',
};

/** Parses the arguments, runs the one command they name and returns its exit code. */
export async function executorMain(run: ProgramRun): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.done;
  const program = executorCommandLine(run.surroundings, async (verb, parsed, options) => {
    const implementation = await verb.load();
    exitCode = await implementation({ run, arguments: parsed, options });
  });
  await program.parseAsync([...run.surroundings.argv], { from: 'user' });
  return exitCode;
}

type Act = (verb: Verb, parsed: readonly string[], options: Options) => Promise<void>;

/** Returns the whole command line of `countersign`; `act` is called with the verb that was typed. */
export function executorCommandLine(surroundings: Surroundings, act: Act): Command {
  const program = commandLine(
    'countersign',
    'approve database statements over an air gap',
    executorVersion,
    surroundings,
  )
    .option(
      '--home <directory>',
      'the home (default: COUNTERSIGN_HOME, else the nearest .countersign upward)',
    )
    .option('--json', 'one JSON document on stdout');
  const groups = new Map<string, Command>();
  for (const verb of [...requestVerbs, ...setupVerbs, ...recordVerbs]) addVerb(program, groups, verb, act);
  return program;
}

function addVerb(program: Command, groups: Map<string, Command>, verb: Verb, act: Act): void {
  const noun = Object.keys(nouns).find((name) => verb.usage.startsWith(`${name} `));
  let parent = program;
  if (noun !== undefined) {
    parent = groups.get(noun) ?? program.command(noun).description(nouns[noun] ?? '');
    groups.set(noun, parent);
  }
  const command = parent
    .command(noun === undefined ? verb.usage : verb.usage.slice(noun.length + 1))
    .description(verb.summary)
    .addHelpText('after', `\nExample:\n  $ ${verb.example}`);
  for (const option of verb.options ?? []) addOption(command, option);
  command.action(async () => {
    const parsed = command.processedArgs.flat().filter((one): one is string => typeof one === 'string');
    await act(verb, parsed, new Options(command.optsWithGlobals()));
  });
}

function addOption(command: Command, option: OptionLine): void {
  if (option.repeat !== true) {
    command.option(option.flags, option.text);
    return;
  }
  const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
    ...(before ?? []),
    value,
  ];
  command.option(option.flags, `${option.text} (repeatable)`, collect);
}
