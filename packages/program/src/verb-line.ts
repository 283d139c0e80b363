import type { Command } from 'commander';
import { commandLine } from './command-line.ts';
import { ExitCode } from './exit-code.ts';
import type { ProgramRun } from './run-program.ts';
import type { Surroundings } from './surroundings.ts';
import { Options, type OptionLine, type Verb } from './verb.ts';

/** A program as its verbs make it. */
export interface VerbLine {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  /** Options of the program itself, given before or after the verb. */
  readonly options: readonly OptionLine[];
  /** What groups of verbs are about, by the noun their usage begins with. */
  readonly nouns: Readonly<Record<string, string>>;
  readonly verbs: readonly Verb[];
}

/** Called with the verb that was typed. */
export type Act = (verb: Verb, parsed: readonly string[], options: Options) => Promise<void>;

/** Parses the arguments, runs the one command they name and returns its exit code. */
export async function runVerb(run: ProgramRun, line: VerbLine): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.done;
  const program = verbCommandLine(line, run.surroundings, async (verb, parsed, options) => {
    const implementation = await verb.load();
    exitCode = await implementation({ run, arguments: parsed, options });
  });
  await program.parseAsync([...run.surroundings.argv], { from: 'user' });
  return exitCode;
}

/** Returns the whole command line of a program. */
export function verbCommandLine(line: VerbLine, surroundings: Surroundings, act: Act): Command {
  const program = commandLine(line.name, line.description, line.version, surroundings);
  for (const option of line.options) addOption(program, option);
  program.option('--json', 'one JSON document on stdout');
  const groups = new Map<string, Command>();
  for (const verb of line.verbs) addVerb(program, groups, line.nouns, verb, act);
  return program;
}

function addVerb(
  program: Command,
  groups: Map<string, Command>,
  nouns: Readonly<Record<string, string>>,
  verb: Verb,
  act: Act,
): void {
  const noun = Object.keys(nouns).find((name) => verb.usage.startsWith(`${name} `));
  let parent = program;
  if (noun !== undefined) {
    parent = groups.get(noun) ?? program.command(noun).description(nouns[noun] ?? '');
    groups.set(noun, parent);
  }
  const command = parent
    .command(noun === undefined ? verb.usage : verb.usage.slice(noun.length + 1))
    .description(verb.summary)
    .addHelpText('after', `\nExample:\n  $ ${verb.example}\n`);
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
