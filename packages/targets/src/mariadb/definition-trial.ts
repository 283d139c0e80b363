import { digest } from '@countersign/diff';
import type { Diff, Hash, Setting } from '@countersign/diff';
import { isFault } from '../fault.ts';
import type { ServerAccount } from '../server-address.ts';
import { sha256 } from '../sha256.ts';
import type { DryRun, DryRunLimits } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { readDefinition } from './definition.ts';
import type { Definition } from './definition.ts';
import { requireAloneTable } from './definition-marker.ts';
import { rehearseDefinition, quotedAccount } from './definition-rehearsal.ts';
import type { Rehearsed } from './definition-rehearsal.ts';
import { pinDefiner } from './definition-session.ts';
import type { Algorithm } from './definition-session.ts';
import { definerOf, laterParts, lockSettings, requireToldColumns, unseenParts } from './definition-words.ts';
import { engineError } from './engine-error.ts';
import { readLosses } from './losses.ts';
import { readOriginal, withCopy } from './schema-copy.ts';
import type { Original } from './schema-copy.ts';
import { compareObjects } from './schema-difference.ts';
import { fingerprint, readObjects, schemaMoved } from './schema-objects.ts';
import { MariadbSession } from './session.ts';
import { pinnedSettings, readKind } from './settings.ts';
import { requireRoutinesSeen, requireTableSeen } from './sights.ts';

/** What a definition would do, and what the schema must be before it and will be after it. */
export interface Trial {
  readonly diff: Diff;
  readonly digest: Hash;
  readonly before: Hash;
  readonly after: Hash;
  readonly algorithm: Algorithm | undefined;
}

/** Where definitions are tried. */
export interface Workshop {
  readonly account: ServerAccount;
  /** Absolute path of the server program for the copy. */
  readonly program: string;
}

/** Runs one definition on a copy of the schema, and counts on the target what gets lost. The target stays as it is. */
export async function dryRunDefinition(
  workshop: Workshop,
  sql: string,
  limits: DryRunLimits,
): Promise<DryRun> {
  const started = performance.now();
  const trial = await tryDefinition(workshop, sql, limits);
  return {
    diff: trial.diff,
    digest: trial.digest,
    statements: [],
    elapsedMs: performance.now() - started,
    onCopy: true,
  };
}

/** @throws TargetError, for every error of the engine too */
export async function tryDefinition(
  { account, program }: Workshop,
  sql: string,
  limits: DryRunLimits,
): Promise<Trial> {
  const session = new MariadbSession(account);
  try {
    return await attempt(session, program, sql, limits);
  } catch (cause) {
    if (isFault(cause)) throw cause;
    throw engineError(cause, undefined);
  } finally {
    await session.end();
  }
}

async function attempt(
  session: MariadbSession,
  program: string,
  sql: string,
  limits: DryRunLimits,
): Promise<Trial> {
  const kind = await readKind(session);
  if (kind.engine !== 'mariadb') {
    throw new TargetError(
      'target/reads-only',
      'definitions are tried and run on MariaDB alone; expected statements that change rows, the schema of a MySQL database to be changed by other means',
    );
  }
  await pinDefiner(session, kind, limits);
  await requireAloneTable(session);
  const definition = await readDefinition(session, sql);
  for (const { name } of definition.shapes) await requireTableSeen(session, kind.engine, name);
  const original = await readOriginal(session);
  const account = await quotedAccount(session);
  await requireSeenAfter(session, definition, account);
  const { shadow, rehearsed, missing } = await withCopy(program, original, limits, async (copy) => ({
    shadow: copy.kind.version,
    missing: copy.missing.filter(({ type }) => type === 'view').map(({ name }) => name),
    rehearsed: await rehearseDefinition(copy, definition, account),
  }));
  requireToldColumns(definition, rehearsed);
  const losses = await readLosses(session, definition, limits);
  const before = fingerprint(original.objects);
  if (Buffer.compare(before, fingerprint(await readObjects(session))) !== 0) throw schemaMoved();
  const after = fingerprint(rehearsed.objects);
  const schema = compareObjects(
    original.database,
    original.objects,
    rehearsed.objects,
    definition.form.tableNames,
  );
  const diff: Diff = {
    tables: losses.tables,
    schema,
    notPreviewed: [
      ...unseenParts(definition, rehearsed, missing),
      ...laterParts(definition, account),
      ...losses.notPreviewed,
    ],
    complete: false,
    environment: [
      ...environment(original, definition, rehearsed, limits),
      ['schema_after', hex(after)],
      ['schema_before', hex(before)],
      ['tried_on', `mariadb ${shadow}`],
      ...losses.settings,
      ...(await pinnedSettings(session, kind)),
    ],
  };
  return { diff, digest: digest(diff, sha256), before, after, algorithm: rehearsed.algorithm };
}

/** The run has to see what it made. @throws TargetError `target/rights` */
async function requireSeenAfter(
  session: MariadbSession,
  { form: { program } }: Definition,
  account: string,
): Promise<void> {
  if (program === undefined || program.kind === 'trigger') return;
  if (definerOf(program, account) !== account) await requireRoutinesSeen(session);
}

function environment(
  { kind }: Original,
  definition: Definition,
  rehearsed: Rehearsed,
  { rowsImagedMax, imagedBytesMax }: DryRunLimits,
): Setting[] {
  return [
    ['engine', `mariadb ${kind.version}`],
    ['imaged_bytes_max', String(imagedBytesMax)],
    ['rows_imaged_max', String(rowsImagedMax)],
    ...lockSettings(definition, rehearsed),
  ];
}

function hex(hash: Hash): string {
  return Buffer.from(hash).toString('hex');
}
