import type { Diff, TableDiff } from '@countersign/diff';
import type { Facts } from '@countersign/sql';
import type { ShownReview } from '../src/index.ts';

const bytes = (fill: number, length: number): Uint8Array => new Uint8Array(length).fill(fill);
const sql = `UPDATE customers
SET status = ?1, note = 'moved'
WHERE last_seen < ?2; -- approvers: this one is urgent, skip the diff
DELETE FROM sessions`;

const customers: TableDiff = {
  table: 'main.customers',
  columns: ['id', 'name', 'status', 'note'],
  key: [0],
  computed: [],
  generated: [],
  inserted: 0,
  updated: 1,
  deleted: 0,
  rowsHash: bytes(1, 32),
  changes: [
    {
      before: [
        { type: 'integer', value: 42 },
        { type: 'text', value: "Ada O'Neil" },
        { type: 'text', value: 'active' },
        { type: 'null' },
      ],
      after: [
        { type: 'integer', value: 42 },
        { type: 'text', value: "Ada O'Neil" },
        { type: 'text', value: 'closed\u202E' },
        { type: 'text', value: 'moved' },
      ],
    },
  ],
};

const sessions: TableDiff = {
  table: 'main.sessions',
  columns: ['token', 'since'],
  key: [],
  computed: [],
  generated: [],
  inserted: 0,
  updated: 0,
  deleted: 1,
  rowsHash: bytes(2, 32),
  changes: [
    {
      before: [
        { type: 'bytes', value: bytes(0xab, 40) },
        { type: 'number', value: '2026-11-20' },
      ],
      after: null,
    },
  ],
};

const log: TableDiff = {
  table: 'main.log',
  columns: ['id', 'text'],
  key: [0],
  computed: [],
  generated: [0],
  inserted: 1,
  updated: 0,
  deleted: 0,
  rowsHash: bytes(3, 32),
  changes: [
    {
      before: null,
      after: [
        { type: 'integer', value: 9 },
        { type: 'boolean', value: true },
      ],
    },
  ],
};

export const sampleDiff: Diff = {
  tables: [customers, log, sessions],
  schema: [
    {
      object: 'index',
      name: 'customers_by_status',
      before: null,
      after: 'CREATE INDEX …\n\tON customers (status)',
    },
  ],
  notPreviewed: ['sequence main.ids advances'],
  complete: true,
  environment: [],
};

export const sampleFacts: Facts = {
  dialect: 'sqlite',
  parsed: true,
  statements: [
    {
      sql: sql.slice(0, 70),
      text: 0,
      offset: 0,
      kind: 'update',
      effects: ['read', 'write'],
      reads: ['main.customers'],
      writes: ['main.customers'],
      columnsRead: ['main.customers.last_seen'],
      columnsWritten: ['main.customers.note', 'main.customers.status'],
      where: 'present',
      limited: false,
      functions: [],
      hazards: [{ code: 'trigger-fires', text: 0, offset: 7, length: 9 }],
      opaque: false,
    },
    {
      sql: 'DELETE FROM sessions',
      text: 0,
      offset: sql.indexOf('DELETE'),
      kind: 'delete',
      effects: ['write'],
      reads: [],
      writes: ['main.sessions'],
      columnsRead: [],
      columnsWritten: [],
      where: 'absent',
      limited: false,
      functions: [],
      hazards: [{ code: 'write-without-where', text: 0, offset: sql.indexOf('DELETE'), length: 20 }],
      opaque: false,
    },
  ],
  assumes: { relations: ['main.sessions'], functions: [], casts: [], operators: [] },
  effect: 'write',
  readOnly: false,
  hazards: [{ code: 'multiple-statements', text: 0, offset: 0, length: 0 }],
};

const madeAt = 1_795_253_400;

/** A request with something in every section. */
export const sampleReview: ShownReview = {
  request: {
    version: 1,
    domain: bytes(7, 16),
    roster: { number: 3, hash: bytes(8, 32) },
    id: bytes(0x11, 16),
    sequence: 17,
    madeAt,
    reviewBy: madeAt + 14_400,
    runBy: madeAt + 86_400,
    submissionHash: bytes(9, 32),
    target: {
      name: 'billing',
      engine: 'sqlite',
      serverVersion: '3.53.0',
      identity: bytes(0x21, 32),
      schema: bytes(0x22, 32),
      session: [['recursive_triggers', '1']],
      tags: ['production', 'gdpr'],
    },
    statements: [
      {
        sql,
        params: [
          { type: 'text', value: 'closed\u202E' },
          { type: 'number', value: '2026-01-01' },
        ],
      },
    ],
    facts: bytes(0, 1),
    effect: {
      rows: 3,
      tables: [
        { table: 'main.customers', inserted: 0, updated: 1, deleted: 0 },
        { table: 'main.log', inserted: 1, updated: 0, deleted: 0 },
        { table: 'main.sessions', inserted: 0, updated: 0, deleted: 1 },
      ],
      diffDigest: bytes(4, 32),
      diffSize: 500,
      complete: true,
      notPreviewed: ['sequence main.ids advances'],
      schemaChanges: ['index customers_by_status is created'],
    },
    policy: {
      digest: bytes(5, 32),
      rules: ['production-writes', 'no-where'],
      reason: 'writes in production need two persons',
      quorum: [
        [{ role: 'dba', count: 1 }],
        [
          { role: 'owner', count: 1 },
          { role: 'security', count: 1 },
        ],
      ],
      obligations: [
        ['backup', 'at most 24 hours old'],
        ['ticket', 'OPS-12'],
        ['window', 'sat 22:00 - sun 04:00 UTC'],
      ],
    },
    follows: { id: bytes(0x10, 16), hash: bytes(6, 32) },
  },
  requestHash: bytes(0xcd, 32),
  requestWords: 'spindle Jupiter spindle Jupiter spindle',
  submission: {
    version: 1,
    domain: bytes(7, 16),
    id: bytes(0x11, 16),
    madeAt: madeAt - 60,
    target: 'billing',
    statements: [],
    reason: 'Close dormant customers.\nAsked for by accounting.',
    context: [
      ['agent_model', 'example-1'],
      ['backup', 'nightly-0412'],
      ['backup_at', '2026-11-20T01:00:00Z'],
      ['intent', 'close what nobody uses'],
      ['on_behalf_of', 'accounting'],
      ['ticket', 'OPS-12'],
    ],
  },
  requester: { id: 'bot-7', name: 'Cleanup bot', kind: 'agent', roles: ['operator'] },
  requesterKey: { id: bytes(0xee, 32), words: 'uncut unravel' },
  origin: 'executor.example/billing',
  checks: [
    { name: 'request-signature', outcome: 'passed' },
    { name: 'submission-signature', outcome: 'passed' },
    { name: 'roster', outcome: 'passed' },
    { name: 'checkpoint', outcome: 'passed' },
    { name: 'inclusion', outcome: 'passed' },
    { name: 'consistency', outcome: 'skipped' },
    { name: 'last-decision', outcome: 'skipped' },
    { name: 'in-time', outcome: 'passed' },
    { name: 'diff-digest', outcome: 'passed' },
    { name: 'facts', outcome: 'passed' },
  ],
  facts: { signed: sampleFacts, here: sampleFacts },
  diff: sampleDiff,
  earlier: [
    {
      person: { id: 'ada', name: 'Ada Example' },
      choice: 'approve',
      madeAt: madeAt + 600,
      step: 0,
      conditions: { rowsMax: 3, notAfter: madeAt + 40_000 },
      note: 'checked with accounting',
    },
  ],
  quorum: {
    state: 'open',
    step: 1,
    missing: [
      { role: 'owner', count: 1 },
      { role: 'security', count: 1 },
    ],
  },
  warnings: ['review/first-contact'],
  now: madeAt + 3000,
};
