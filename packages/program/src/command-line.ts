import { Command } from 'commander';
import type { Surroundings } from './surroundings.ts';

/**
 * Returns a command that throws instead of ending the process and is silent on a mistake, so that `runProgram` reports it;
 * sub-commands made with `.command()` inherit this. Help and version go to stdout, the help for a line without a command to stderr.
 */
export function commandLine(
  name: string,
  description: string,
  version: string,
  surroundings: Surroundings,
): Command {
  return new Command(name)
    .description(description)
    .version(version, '--version')
    .exitOverride()
    .configureOutput({
      // A mistake is reported by runProgram; the help that comes when no command is named is not one.
      outputError: () => undefined,
      writeErr: (text) => surroundings.stderr.write(text),
      writeOut: (text) => surroundings.stdout.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showSuggestionAfterError(true);
}
