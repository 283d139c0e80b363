import type { PolicyFile } from './document.ts';

const TESTS = `# Cases beside the rules: \`countersign policy test\` runs them. They are no part of the policy's digest.
version: 1

# What every case starts from; a case adds to it or says otherwise.
given:
  identity: { id: olivia, kind: human, roles: [operator] }
  reason: month end

cases:
  - name: a read runs unasked
    given: { sql: SELECT * FROM customers }
    expect: { decision: allow, rules: [reads-run], pending: [] }

  - name: text that cannot be read is denied
    given: { sql: SELEC * FROM customers }
    expect: { decision: deny, rules: [unreadable-is-denied] }

  - name: a part that was not read is enough to deny
    given:
      facts: { statements: [{ kind: call, effects: [read], opaque: true }] }
    expect: { decision: deny, rules: [unreadable-is-denied] }

  - name: an effect that is not known is denied
    given:
      facts: { statements: [{ kind: select, effects: [unknown] }] }
    expect: { decision: deny, rules: [unreadable-is-denied] }

  - name: a file that was not read to its end is denied
    given:
      facts: { parsed: false, statements: [{ kind: select, effects: [read] }] }
    expect: { decision: deny, rules: [unreadable-is-denied] }

  - name: nobody ends the executor's transaction
    given: { sql: COMMIT }
    expect: { decision: deny, rules: [session-and-server-are-denied] }

  - name: nobody steers the server
    given:
      facts: { statements: [{ kind: alter-system, effects: [admin] }] }
    expect: { decision: deny, rules: [session-and-server-are-denied] }

  - name: nobody grants rights
    given:
      facts: { statements: [{ kind: grant, effects: [privilege] }] }
    expect: { decision: deny, rules: [privileges-are-denied] }

  - name: a DELETE without WHERE is denied
    given: { sql: DELETE FROM orders }
    expect: { decision: deny, rules: [whole-table-is-denied] }

  - name: a WHERE that is always true is denied
    given: { sql: UPDATE orders SET state = 'paid' WHERE 1 = 1 }
    expect: { decision: deny, rules: [whole-table-is-denied] }

  - name: the executor's own records stay
    given: { sql: DELETE FROM _countersign_runs WHERE id = 1 }
    expect: { decision: deny, rules: [own-records-are-denied] }

  - name: the schema table is not edited
    given:
      facts: { statements: [{ kind: update, effects: [write], hazards: [schema-table-write] }] }
    expect: { decision: deny, rules: [own-records-are-denied] }

  - name: a change of the schema needs two
    given:
      sql: CREATE INDEX orders_by_state ON orders (state)
      diff: { schema_changes: [index orders_by_state] }
    expect: { decision: require, rules: [schema-needs-two], quorum: { dba: 2 } }

  - name: before the dry run a change waits for its rows
    given: { sql: UPDATE customers SET tier = 'gold' WHERE id = 7 }
    expect:
      decision: require
      rules: [default]
      quorum: { dba: 1 }
      pending: [agents-need-a-third, several-rows-need-two, unseen-effects-need-two]

  - name: one row needs one approver
    given:
      sql: UPDATE customers SET tier = 'gold' WHERE id = 7
      diff: { changes: [{ table: main.customers, updated: 1 }] }
    expect:
      decision: require
      rules: [default]
      quorum: { dba: 1 }
      reason_contains: one approver
      obligations: { reason: at least 5 characters }

  - name: two rows need two approvers
    given:
      sql: UPDATE customers SET tier = 'gold' WHERE id < 3
      diff: { changes: [{ table: main.customers, updated: 2 }] }
    expect: { decision: require, rules: [several-rows-need-two], quorum: { dba: 2 } }

  - name: an effect that was not imaged needs two
    given:
      sql: UPDATE customers SET tier = 'gold' WHERE id = 7
      diff: { complete: false, changes: [{ table: main.customers, updated: 1 }] }
    expect: { decision: require, rules: [unseen-effects-need-two], quorum: { dba: 2 } }

  - name: an effect that cannot be shown needs two
    given:
      sql: UPDATE customers SET tier = 'gold' WHERE id = 7
      diff: { not_previewed: [a trigger calls outside], changes: [{ table: main.customers, updated: 1 }] }
    expect: { decision: require, rules: [unseen-effects-need-two], quorum: { dba: 2 } }

  - name: an agent's change of one row needs two
    given:
      sql: UPDATE customers SET tier = 'gold' WHERE id = 7
      identity: { id: helper, kind: agent, roles: [operator] }
      diff: { changes: [{ table: main.customers, updated: 1 }] }
    expect: { decision: require, rules: [agents-need-one-more], quorum: { dba: 2 } }

  - name: an agent's change of two rows needs a third
    given:
      sql: UPDATE customers SET tier = 'gold' WHERE id < 3
      identity: { id: helper, kind: agent, roles: [operator] }
      diff: { changes: [{ table: main.customers, updated: 2 }] }
    expect:
      decision: require
      rules: [agents-need-a-third, agents-need-one-more, several-rows-need-two]
      quorum: { dba: 3 }

  - name: an agent reads like everybody
    given:
      sql: SELECT * FROM customers
      identity: { id: helper, kind: agent, roles: [operator] }
    expect: { decision: allow, rules: [reads-run] }

  - name: a change says why, in five characters at least
    given: { sql: UPDATE customers SET tier = 'gold' WHERE id = 7, reason: four }
    expect: { decision: deny, rules: [changes-state-a-reason] }

  - name: five characters are a reason
    given: { sql: UPDATE customers SET tier = 'gold' WHERE id = 7, reason: fives }
    expect: { decision: require, obligations: { reason: at least 5 characters } }

  - name: a read needs no reason
    given: { sql: SELECT 1, reason: '' }
    expect: { decision: allow, rules: [reads-run] }
`;

/** The cases of the first policy: they notice every change of it that the mutations of `policy test --mutate` make. */
export const starterTestFiles: readonly PolicyFile[] = [{ path: 'starter.test.yaml', text: TESTS }];
