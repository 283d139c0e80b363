import { commandLine, ExitCode, type ProgramRun } from '@countersign/program';
import { Option, type Command } from 'commander';
import { version } from './version.ts';

/** Runs one command and keeps its exit code. */
type Keep = (command: () => Promise<ExitCode>) => Promise<void>;

/** Runs `countersign-audit` and returns its exit code. */
export async function runAudit(run: ProgramRun): Promise<ExitCode> {
  const { surroundings } = run;
  let exitCode: ExitCode = ExitCode.done;
  const keep: Keep = async (command) => {
    exitCode = await command();
  };
  const about = 'verify, search and hand on ledgers of countersign, offline';
  const program = commandLine('countersign-audit', about, version, surroundings);
  addVerify(program, run, keep);
  addQuery(program, run, keep);
  addExtract(program, run, keep);
  await program.parseAsync([...surroundings.argv], { from: 'user' });
  return exitCode;
}

function addVerify(program: Command, run: ProgramRun, keep: Keep): void {
  program
    .command('verify')
    .description('verify an audit bundle or an evidence file; exit status 10 names the first bad entry')
    .argument('<file>', 'audit bundle (.csledger) or evidence (.csevidence)')
    .requiredOption('--root <file>', 'root keys that the first roster must name')
    .option(
      '--head <file>',
      'a checkpoint kept elsewhere, which must lie on this ledger (repeatable)',
      repeated,
    )
    .option(
      '--journal <file>',
      "an approver's state, all of whose decisions must be here (repeatable)",
      repeated,
    )
    .option(
      '--accept-dispute <index>',
      'a refused decision of another past, looked into (repeatable)',
      repeated,
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  countersign-audit verify shop.csledger --root root.pub --head friday.note',
    )
    .action((file: string, options: object) =>
      keep(async () => (await import('./verify-command.ts')).verifyCommand(file, options, run)),
    );
}

function addQuery(program: Command, run: ProgramRun, keep: Keep): void {
  program
    .command('query')
    .description('list the entries of a verified audit bundle')
    .argument('<bundle>', 'audit bundle (.csledger)')
    .addOption(rootOption())
    .option('--target <name>', 'about this target')
    .option('--kind <type>', 'of this entry type, such as decision')
    .option('--since <time>', 'from this time on, such as 2026-01-31T09:00:00Z')
    .option('--until <time>', 'up to this time')
    .option('--by <key>', 'by this person id, "executor", or key id in hex')
    .addOption(new Option('--csv', 'comma-separated values on stdout').conflicts('json'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  countersign-audit query shop.csledger --kind decision --by carol --csv',
    )
    .action((file: string, options: object) =>
      keep(async () => (await import('./query-command.ts')).queryCommand(file, options, run)),
    );
}

function addExtract(program: Command, run: ProgramRun, keep: Keep): void {
  program
    .command('extract')
    .description('write one request as an evidence file that verifies alone')
    .argument('<bundle>', 'audit bundle (.csledger)')
    .argument('<id>', 'request id in hex, or the 8 digits or more it begins with')
    .requiredOption('--out <path>', 'evidence file to write (.csevidence)')
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  countersign-audit extract shop.csledger 3f0c91aa --out 3f0c91aa.csevidence',
    )
    .action((file: string, id: string, options: object) =>
      keep(async () => (await import('./extract-command.ts')).extractCommand(file, id, options, run)),
    );
}

function rootOption(): Option {
  return new Option('--root <file>', 'root keys; without it the bundle is only held against itself');
}

function jsonOption(): Option {
  return new Option('--json', 'one JSON document on stdout');
}

function repeated(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
