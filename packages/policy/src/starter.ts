import type { PolicyFile } from './document.ts';

const MAIN = `# The first policy. Deny beats require beats allow; requirements add up.
version: 1

# Asked when no rule below matches: a change of a single row, for example.
default:
  require: { dba: 1 }
  reason: a change needs one approver

conditions:
  unreadable: '!facts.parsed || facts.opaque || "unknown" in facts.effects'
  leaves_the_transaction: '"session" in facts.effects || "admin" in facts.effects'
  whole_table: '"write-without-where" in facts.hazards || "always-true-where" in facts.hazards'
  changes_schema: '"ddl" in facts.effects'

rules:
  - name: reads-run
    when: facts.read_only
    allow: true

  - name: unreadable-is-denied
    when: unreadable
    deny: nobody can say what this does, it was not read to its end or names what is not there; submit plain statements

  - name: session-and-server-are-denied
    when: leaves_the_transaction
    deny: this steers the session, its transaction or the server; submit the change of data alone

  - name: privileges-are-denied
    when: '"privilege" in facts.effects'
    deny: rights in the database are not changed this way

  - name: whole-table-is-denied
    when: whole_table
    deny: this UPDATE or DELETE has no WHERE that limits it; name the rows, or split the change

  - name: own-records-are-denied
    when: '"marker-table" in facts.hazards || "schema-table-write" in facts.hazards'
    deny: the schema table and the executor's own table of runs are not changed by hand

  - name: schema-needs-two
    when: changes_schema
    require: { dba: 2 }
    reason: a change of the schema needs two approvers
`;

const CHANGES = `# Rules that look at what the dry run changed.
version: 1

rules:
  - name: several-rows-need-two
    when: diff.rows > 1
    require: { dba: 2 }
    reason: a change of more than one row needs two approvers

  - name: unseen-effects-need-two
    when: '!diff.complete || size(diff.not_previewed) > 0'
    require: { dba: 2 }
    reason: part of the effect could not be shown before running

  - name: agents-need-one-more
    when: identity.kind == "agent" && !facts.read_only
    require: { dba: 2 }
    reason: a change that an agent asks for needs two approvers

  - name: agents-need-a-third
    when: identity.kind == "agent" && diff.rows > 1
    require: { dba: 3 }
    reason: an agent's change of more than one row needs a third approver

  - name: changes-state-a-reason
    when: '!facts.read_only'
    obligations: { reason: 5 }
`;

/** The first policy of a new home: roles `operator` (submits) and `dba` (approves). */
export const starterPolicyFiles: readonly PolicyFile[] = [
  { path: 'main.yaml', text: MAIN },
  { path: 'changes.yaml', text: CHANGES },
];
