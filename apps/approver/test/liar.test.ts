import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classify, decodeFacts, encodeCatalog, encodeFacts, unsettle } from '@countersign/sql';
import { decodeDiff, digest, encodeDiff } from '@countersign/diff';
import type { Pair, Request } from '@countersign/messages';
import { reforge } from './reforge.ts';
import { documentOf, passphrase, Stage, type Said } from './stage.ts';

let stage: Stage;
let request: Uint8Array;

beforeAll(async () => {
  stage = await Stage.open();
  await stage.request("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", 'one.csreq');
  request = new Uint8Array(readFileSync(stage.path('one.csreq')));
  await stage.approver('ada');
}, 60_000);

afterAll(() => stage.remove());

async function review(name: string, change: (request: Request) => Request): Promise<Said> {
  writeFileSync(stage.path(name), reforge(request, change));
  return stage.offline(['review', stage.path(name), '--json'], { home: 'ada' });
}

// An executor that somebody else has taken over signs with its own key; what it cannot do is make this machine repeat its words.
describe('an executor that lies', () => {
  it('is believed where it does not', async () => {
    expect((await review('true.csreq', (one) => one)).exitCode).toBe(0);
  });

  it('about what the statements do: shown as a failed check, and never approved', async () => {
    const said = await review('facts.csreq', (one) => ({
      ...one,
      facts: encodeFacts(classify(one.statements[0]?.sql ?? '', 'mysql')),
    }));
    expect(said.exitCode).toBe(10);
    expect(documentOf(said)).toMatchObject({ code: 'facts/differ' });
    const approved = await stage.offline(['approve', stage.path('facts.csreq')], { home: 'ada', passphrase });
    expect(approved.exitCode).not.toBe(0);
    expect(approved.stderr).toContain('[check/failed]');
    expect(approved.stdout).toContain('Do not approve');
  });

  it('about how little they do: shown as a failed check', async () => {
    const less = await review('less.csreq', (one) => {
      const texts = one.statements.map(({ sql }) => sql);
      const facts = decodeFacts(one.facts, texts);
      const statements = facts.statements.map((statement) => ({ ...statement, hazards: [] }));
      expect(facts.statements.flatMap(({ hazards }) => hazards)).not.toEqual([]);
      return { ...one, facts: encodeFacts({ ...facts, statements }) };
    });
    expect(documentOf(less)).toMatchObject({ exit_code: 10, code: 'facts/differ' });
  });

  it('or says that they reach more than this machine can see: shown, and it may be approved', async () => {
    const more = await review('more.csreq', (one) => {
      const texts = one.statements.map(({ sql }) => sql);
      return { ...one, facts: encodeFacts(unsettle(decodeFacts(one.facts, texts), 0)) };
    });
    expect(more.exitCode).toBe(0);
    expect(documentOf(more)['warnings']).toContain('facts/graver');
    const shown = await stage.offline(['review', stage.path('more.csreq')], { home: 'ada' });
    expect(shown.stdout).toContain('Opaque');
    await stage.approver('carol', 'believer');
    const approved = await stage.offline(
      ['approve', stage.path('more.csreq'), '--out', stage.path('more.csdec'), '--json'],
      { home: 'believer', passphrase },
    );
    expect(approved.exitCode).toBe(0);
    expect(documentOf(approved)['warnings']).toContain('facts/graver');
  });

  it('about the database: its catalogue does not give the facts that it signed', async () => {
    const said = await review('catalogue.csreq', (one) => ({
      ...one,
      catalog: encodeCatalog({ tables: new Map(), triggers: [] }),
    }));
    expect(documentOf(said)).toMatchObject({ exit_code: 10, code: 'facts/differ' });
    const broken = await review('broken.csreq', (one) => ({ ...one, catalog: Uint8Array.of(0xa0) }));
    expect(documentOf(broken)).toMatchObject({ exit_code: 10, code: 'sql/catalog-malformed' });
  });

  it('about the session that the statements were read in', async () => {
    const differs = await review('session.csreq', (one) => ({
      ...one,
      target: {
        ...one.target,
        engine: 'mariadb',
        session: [
          ['database', 'shop'],
          ['lower_case_table_names', '0'],
          ['sql_mode', 'ANSI_QUOTES'],
        ],
      },
      catalog: encodeCatalog({ tables: new Map(), triggers: [], currentSchema: 'shop' }),
    }));
    expect(documentOf(differs)).toMatchObject({ exit_code: 10, code: 'catalog/session-differs' });
    expect(JSON.stringify(documentOf(differs))).toContain('another sql_mode');
    const partial = await review('partial.csreq', (one) => ({
      ...one,
      catalog: encodeCatalog({ tables: new Map(), triggers: [], partial: true }),
    }));
    expect(documentOf(partial)).toMatchObject({ exit_code: 10, code: 'catalog/partial' });
  });

  it('about what the statements do: a denial can be signed', async () => {
    const denied = await stage.offline(
      ['deny', stage.path('facts.csreq'), '--out', stage.path('d.csdec'), '--json'],
      { home: 'ada', passphrase },
    );
    expect(denied.exitCode).toBe(0);
    expect(documentOf(denied)['warnings']).toContain('facts/differ');
  });

  it.each(['reviewBy', 'runBy'] as const)(
    'is not approved after its time to %s, only denied',
    async (field) => {
      await stage.approver('carol', field);
      const late = reforge(request, (one) => ({
        ...one,
        [field]: one.madeAt,
        ...(field === 'runBy' ? { reviewBy: one.madeAt } : {}),
      }));
      writeFileSync(stage.path('late.csreq'), late);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const given = { home: field, passphrase };
      const approved = await stage.offline(['approve', stage.path('late.csreq')], given);
      expect(approved.exitCode).toBe(6);
      expect(approved.stderr).toContain('[decision/late]');
      const denied = await stage.offline(
        ['deny', stage.path('late.csreq'), '--out', stage.path('late.csdec')],
        given,
      );
      expect(denied.exitCode).toBe(0);
    },
  );

  it('with facts that are about other texts', async () => {
    await stage.approver('ben');
    writeFileSync(
      stage.path('span.csreq'),
      reforge(request, (one) => ({ ...one, facts: encodeFacts(classify('SELECT 1'.padEnd(500), 'sqlite')) })),
    );
    const said = await stage.offline(['review', stage.path('span.csreq'), '--json'], { home: 'ben' });
    expect(said.exitCode).toBe(10);
  });

  it('about the rows: the diff has another digest', async () => {
    const said = await reviewAsBen((one) => {
      const diff = decodeDiff(one.effect.diff ?? new Uint8Array());
      return {
        ...one,
        effect: { ...one.effect, diff: encodeDiff({ ...diff, notPreviewed: ['nothing to see'] }) },
      };
    });
    expect(said).toMatchObject({ exit_code: 10, code: 'diff/digest-mismatch' });
  });

  it.each([
    ['rows', { rows: 1 }],
    ['tables', { tables: [] }],
    ['completeness', { complete: false }],
    ['what was not previewed', { notPreviewed: ['nothing to see'] }],
    ['the schema', { schemaChanges: ['table audit dropped'] }],
  ] as const)('about the counts beside the diff: %s', async (_name, lie) => {
    const said = await reviewAsBen((one) => ({ ...one, effect: { ...one.effect, ...lie } }));
    expect(said).toMatchObject({ exit_code: 10, code: 'effect/counts-differ' });
  });

  it('that nothing could be tried, where this machine reads a change of rows', async () => {
    const diff = { tables: [], schema: [], notPreviewed: ['all of it'], complete: false, environment: [] };
    const bytes = encodeDiff(diff);
    const said = await reviewAsBen((one) => ({
      ...one,
      effect: {
        rows: 0,
        tables: [],
        diffDigest: digest(diff),
        diffSize: bytes.length,
        complete: false,
        notPreviewed: ['all of it'],
        schemaChanges: [],
        diff: bytes,
        untried: true,
      },
    }));
    expect(said).toMatchObject({ exit_code: 10, code: 'effect/untried-differs' });
  });

  it('that it met no rows when it was tried, where this machine reads a change of rows', async () => {
    const said = await reviewAsBen((one) => {
      if (one.effect.diff === undefined) throw new Error('expected a diff inside the request');
      const diff = {
        ...decodeDiff(one.effect.diff),
        complete: false,
        notPreviewed: ['what the rows make of it'],
      };
      const bytes = encodeDiff(diff);
      return {
        ...one,
        effect: {
          ...one.effect,
          diffDigest: digest(diff),
          diffSize: bytes.length,
          complete: false,
          notPreviewed: diff.notPreviewed,
          diff: bytes,
          onCopy: true,
        },
      };
    });
    expect(said).toMatchObject({ exit_code: 10, code: 'effect/copy-differs' });
  });

  const letting = (...obligations: readonly Pair[]) => {
    return (one: Request): Request => ({ ...one, policy: { ...one.policy, obligations } });
  };

  it.each([
    ['a column that names rows', [['may_drift', 'main.customers.id']]],
    ['a column that is not there', [['may_drift', 'main.customers.seen']]],
    ['a column of a table that does not change', [['may_drift', 'main.orders.status']]],
    ['a column beside a sound one', [['may_drift', 'main.customers.name, main.orders.status']]],
    // The trigger's notes have ids that the database makes: nothing tells which of them is missing.
    ['rows that nothing names', [['fewer_rows', 'true']]],
  ] as const)('about what the run may do otherwise: %s', async (_name, obligations) => {
    const said = await reviewAsBen(letting(...obligations));
    expect(said).toMatchObject({ exit_code: 10, code: 'effect/tolerance-unsound' });
  });

  it('and what the run may do otherwise is told where it has a meaning', async () => {
    writeFileSync(stage.path('drift.csreq'), reforge(request, letting(['may_drift', 'main.customers.name'])));
    const said = await stage.offline(['review', stage.path('drift.csreq')], { home: 'ben' });
    expect(said.exitCode).toBe(0);
    expect(said.stdout.replaceAll(/\s+/g, ' ')).toContain('It may differ in: main.customers.name');
    const document = documentOf(
      await stage.offline(['review', stage.path('drift.csreq'), '--json'], { home: 'ben' }),
    );
    expect(document['warnings']).toContain('effect/may-drift');
  });

  it('about the statement that was submitted', async () => {
    const said = await reviewAsBen((one) => ({
      ...one,
      statements: [{ sql: 'DROP TABLE customers', params: [] }],
    }));
    expect(said).toMatchObject({ exit_code: 10, code: 'bundle/submission-mismatch' });
  });

  async function reviewAsBen(
    change: (request: Request) => Request,
  ): Promise<Readonly<Record<string, unknown>>> {
    writeFileSync(stage.path('lie.csreq'), reforge(request, change));
    return documentOf(await stage.offline(['review', stage.path('lie.csreq'), '--json'], { home: 'ben' }));
  }
});
