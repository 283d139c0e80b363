/**
 * The executor's own database: one SQLite file, WAL, synchronous FULL, so that a commit that was
 * answered is on disk. A ledger entry, the state change it records and the new checkpoint are
 * always one transaction (docs/spec/ledger.md).
 */
export const storeVersion = 7;

/** What budgets count (docs/spec/policy.md#budgets), and the usage that each verdict was made by. */
const usageSchema = `
CREATE TABLE usage (
  id            BLOB PRIMARY KEY,
  person        TEXT NOT NULL,
  at            INTEGER NOT NULL,
  row_count     INTEGER NOT NULL,
  requests_hour INTEGER NOT NULL,
  requests_day  INTEGER NOT NULL,
  rows_hour     INTEGER NOT NULL,
  rows_day      INTEGER NOT NULL
) STRICT;
CREATE INDEX usage_of_person ON usage (person, at);
`;

/**
 * The same added up by second, minute and hour, so that what budgets ask costs the same however many submissions there were. The sums follow
 * every change of `usage` by themselves.
 */
const usageSumSchema = `
CREATE TABLE usage_sum (
  person    TEXT NOT NULL,
  seconds   INTEGER NOT NULL,
  start     INTEGER NOT NULL,
  requests  INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  PRIMARY KEY (person, seconds, start)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER usage_counted AFTER INSERT ON usage BEGIN
  INSERT INTO usage_sum SELECT new.person, size.column1, new.at - new.at % size.column1, 1, new.row_count FROM (VALUES (1), (60), (3600)) AS size WHERE true
    ON CONFLICT DO UPDATE SET requests = requests + 1, row_count = row_count + excluded.row_count;
END;
CREATE TRIGGER usage_settled AFTER UPDATE OF row_count ON usage BEGIN
  UPDATE usage_sum SET row_count = row_count + new.row_count - old.row_count
    WHERE person = new.person AND seconds IN (1, 60, 3600) AND start = new.at - new.at % seconds;
END;
`;

/** Messages that are to be sent, one row for each channel and entry. */
const notificationSchema = `
CREATE TABLE notification (
  channel     TEXT NOT NULL,
  entry_index INTEGER NOT NULL,
  event       TEXT NOT NULL,
  request_id  BLOB NOT NULL,
  made_at     INTEGER NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  next_at     INTEGER,
  failure     TEXT,
  PRIMARY KEY (channel, entry_index)
) STRICT;
CREATE INDEX notification_due ON notification (channel, next_at);
`;

/** Keys that this executor takes nothing from any more, whatever the roster says. */
const refusedKeySchema = `
CREATE TABLE refused_key (
  kid    BLOB PRIMARY KEY,
  at     INTEGER NOT NULL,
  person TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
`;

/** In which span of a trace a request was submitted. */
const traceParentSchema = `
CREATE TABLE trace_parent (
  id     BLOB PRIMARY KEY,
  parent TEXT NOT NULL
) STRICT;
`;

/** The objects of the schemas that open requests were made on, by the fingerprint that is signed. */
const targetSchemaSchema = `
CREATE TABLE target_schema (
  fingerprint BLOB PRIMARY KEY,
  parts       TEXT NOT NULL,
  used_at     INTEGER NOT NULL
) STRICT;
`;

/** What brings a store of the version before to the next one; a request made before budgets counts, without rows. */
export const storeMigrations: ReadonlyMap<number, string> = new Map([
  [1, `${usageSchema}INSERT INTO usage SELECT id, submitter, made_at, 0, 0, 0, 0, 0 FROM request;`],
  [2, notificationSchema],
  [3, refusedKeySchema],
  [4, traceParentSchema],
  [
    5,
    `${usageSumSchema}INSERT INTO usage_sum
      SELECT person, size.column1, at - at % size.column1, count(*), sum(row_count) FROM usage, (VALUES (1), (60), (3600)) AS size GROUP BY 1, 2, 3;`,
  ],
  [6, targetSchemaSchema],
]);

export const storeSchema: string = `${usageSchema}${usageSumSchema}${notificationSchema}${refusedKeySchema}${traceParentSchema}${targetSchemaSchema}
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE entry (
  position   INTEGER PRIMARY KEY,
  type       INTEGER NOT NULL,
  request_id BLOB,
  bytes      BLOB NOT NULL,
  body       BLOB
) STRICT;
CREATE INDEX entry_of_request ON entry (request_id, position);
CREATE INDEX entry_of_type ON entry (type, position);

CREATE TABLE node (
  level    INTEGER NOT NULL,
  position INTEGER NOT NULL,
  hash     BLOB NOT NULL,
  PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  size INTEGER NOT NULL,
  note TEXT NOT NULL
) STRICT;

CREATE TABLE request (
  id            BLOB PRIMARY KEY,
  sequence      INTEGER NOT NULL UNIQUE,
  state         TEXT NOT NULL,
  target        TEXT NOT NULL,
  submitter     TEXT NOT NULL,
  made_at       INTEGER NOT NULL,
  changed_at    INTEGER NOT NULL,
  submission    BLOB NOT NULL,
  facts         BLOB NOT NULL,
  verdict       BLOB NOT NULL,
  sealed        BLOB,
  digest        BLOB UNIQUE,
  entry_index   INTEGER,
  pages         BLOB,
  review_by     INTEGER,
  run_by        INTEGER,
  follows       BLOB,
  attempt       INTEGER NOT NULL DEFAULT 0,
  receipt       BLOB,
  as_run        BLOB,
  code          TEXT,
  detail        TEXT
) STRICT;
CREATE INDEX request_by_state ON request (state, sequence);

CREATE TABLE decision (
  digest      BLOB PRIMARY KEY,
  request_id  BLOB NOT NULL,
  kid         BLOB NOT NULL,
  person      TEXT NOT NULL,
  sequence    INTEGER NOT NULL,
  choice      TEXT NOT NULL,
  step        INTEGER,
  roles       TEXT NOT NULL,
  in_chain    INTEGER NOT NULL,
  bytes       BLOB NOT NULL,
  entry_index INTEGER NOT NULL,
  refused     TEXT
) STRICT;
CREATE INDEX decision_of_request ON decision (request_id, entry_index);
CREATE INDEX decision_by_key ON decision (kid, entry_index);
`;

/** Every state of a request's life; docs/architecture.md draws the moves between them. */
export type RequestState =
  | 'submitted'
  | 'denied'
  | 'allowed'
  | 'ran'
  | 'pending'
  | 'withdrawn'
  | 'superseded'
  | 'expired'
  | 'rejected'
  | 'approved'
  | 'running'
  | 'executed'
  | 'drifted'
  | 'failed'
  | 'ambiguous'
  | 'resolved';

const moves: Readonly<Record<RequestState, readonly RequestState[]>> = {
  submitted: ['denied', 'allowed', 'pending', 'failed', 'withdrawn'],
  denied: [],
  allowed: ['ran', 'failed'],
  ran: [],
  pending: ['withdrawn', 'superseded', 'expired', 'rejected', 'approved'],
  withdrawn: [],
  superseded: [],
  expired: [],
  rejected: [],
  approved: ['running', 'withdrawn', 'expired', 'rejected'],
  running: ['executed', 'drifted', 'failed', 'ambiguous', 'approved'],
  executed: [],
  drifted: [],
  failed: [],
  ambiguous: ['resolved'],
  resolved: [],
};

/** True when the state machine knows the move from one state to the other. */
export function isMove(from: RequestState, to: RequestState): boolean {
  return moves[from].includes(to);
}

export const requestStates: readonly RequestState[] = Object.keys(moves) as RequestState[];

/** True while a request is being worked on or waits for its approvers: whoever waits for it goes on waiting. */
export function isOpen(state: RequestState): boolean {
  return state === 'submitted' || state === 'allowed' || state === 'pending' || state === 'running';
}

/** True when nothing more can happen to a request in this state. */
export function isTerminal(state: RequestState): boolean {
  return moves[state].length === 0;
}
