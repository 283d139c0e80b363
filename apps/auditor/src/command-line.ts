import { commandLine, ExitCode, type ProgramRun } from '@countersign/program';
import { Option } from 'commander';
import { version } from './version.ts';

const repeated = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];

/** Runs `countersign-audit` and returns its exit code. */
export async function runAudit(run: ProgramRun): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.done;
  const { surroundings } = run;
  const program = commandLine(
    'countersign-audit',
    'verify, search and hand on ledgers of countersign, offline',
    version,
    surroundings,
  );
  const json = (): Option => new Option('--json', 'one JSON document on stdout');
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
      "an approver's state file, all of whose decisions must be here (repeatable)",
      repeated,
    )
    .option(
      '--accept-dispute <index>',
      'a refused decision of another history that was looked into (repeatable)',
      repeated,
    )
    .addOption(json())
    .addHelpText(
      'after',
      '\nExample:\n  countersign-audit verify shop.csledger --root root.pub --head friday.note',
    )
    .action(async (file: string, options: object) => {
      const { verifyCommand } = await import('./verify-command.ts');
      exitCode = verifyCommand(file, options, run);
    });
  program
    .command('query')
    .description('list the entries of a verified audit bundle')
    .argument('<bundle>', 'audit bundle (.csledger)')
    .option('--root <file>', 'root keys; without it the bundle is only held against itself')
    .option('--target <name>', 'about this target')
    .option('--kind <type>', 'of this entry type, such as decision')
    .option('--since <time>', 'from this time on, such as 2026-01-31T09:00:00Z')
    .option('--until <time>', 'up to this time')
    .option('--by <key>', 'by this person id, "executor", or key id in hex')
    .addOption(new Option('--csv', 'comma-separated values on stdout').conflicts('json'))
    .addOption(json())
    .addHelpText(
      'after',
      '\nExample:\n  countersign-audit query shop.csledger --kind decision --by carol --csv',
    )
    .action(async (file: string, options: object) => {
      const { queryCommand } = await import('./query-command.ts');
      exitCode = queryCommand(file, options, run);
    });
  program
    .command('extract')
    .description('write one request as an evidence file that verifies alone')
    .argument('<bundle>', 'audit bundle (.csledger)')
    .argument('<id>', 'request id in hex, or the 8 digits or more it begins with')
    .requiredOption('--out <path>', 'evidence file to write (.csevidence)')
    .option('--root <file>', 'root keys; without it the bundle is only held against itself')
    .addOption(json())
    .addHelpText(
      'after',
      '\nExample:\n  countersign-audit extract shop.csledger 3f0c91aa --out 3f0c91aa.csevidence',
    )
    .action(async (file: string, id: string, options: object) => {
      const { extractCommand } = await import('./extract-command.ts');
      exitCode = extractCommand(file, id, options, run);
    });
  await program.parseAsync([...surroundings.argv], { from: 'user' });
  return exitCode;
}
