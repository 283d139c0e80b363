# A security team's rules beside the policy of a home (docs/spec/rego.md). The tests run them in both ways.
package countersign

import data.limits

default verdict := {
	"decision": "allow",
	"rules": ["no-objection"],
	"reason": "nothing in Rego speaks against it",
}

verdict := {
	"decision": "deny",
	"rules": sort([rule | some rule, _ in deny]),
	"reason": concat("; ", sort([reason | some reason in deny])),
} if {
	count(deny) > 0
}

verdict := {
	"decision": "require",
	"rules": sort([rule | some rule, _ in ask]),
	"reason": concat("; ", sort([reason | some reason in ask])),
	"quorum": [{"role": "dba", "count": limits.approvers}],
} if {
	count(deny) == 0
	count(ask) > 0
}

deny["agents-do-not-delete"] := sprintf("agent %s may not delete", [input.identity.id]) if {
	input.identity.kind == "agent"
	"delete" in input.facts.kinds
}

deny["frozen"] := sprintf("changes of %s are frozen", [input.target.name]) if {
	not input.facts.read_only
	contains(input.reason, "freeze")
}

ask["many-rows"] := sprintf("%d rows are more than %d", [input.diff.rows, limits.rows]) if {
	input.diff.rows > limits.rows
}
