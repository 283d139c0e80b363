# The fifty rules of bench/verdict.ts in Rego, for OPA to decide by.
package fifty

default verdict := {
	"decision": "require",
	"rules": ["default"],
	"reason": "a change needs one approver",
	"quorum": [{"role": "dba", "count": 1}],
}

verdict := {"decision": "deny", "rules": ["money-is-closed"], "reason": "payments are closed"} if {
	"main.payments" in input.facts.writes
}

verdict := {
	"decision": "require",
	"rules": sort([rule | some rule, _ in ask]),
	"reason": concat("; ", sort([rule | some rule, _ in ask])),
	"quorum": [{"role": "dba", "count": max([asked | some asked in ask])}],
} if {
	not "main.payments" in input.facts.writes
	count(ask) > 0
}

verdict := {"decision": "allow", "rules": ["reads-run"], "reason": "rule reads-run"} if {
	not "main.payments" in input.facts.writes
	count(ask) == 0
	input.facts.read_only
}

ask["unread"] := 2 if input.facts.opaque

ask["rule-0"] := 1 if {
	"public.secret_0" in input.facts.writes
	"prod" in input.target.tags
}

ask["rule-1"] := 2 if {
	some s in input.statements
	s.kind == "delete"
	s.where == "absent"
	count(input.reason) < 1
}

ask["rule-2"] := 3 if {
	"hazard-2" in input.facts.hazards
}

ask["rule-2"] := 3 if {
	input.facts.statement_count > 12
}

ask["rule-3"] := 1 if {
	input.identity.kind == "agent"
	input.facts.effect == "ddl"
	input.time.hour == 3
}

ask["rule-4"] := 2 if {
	"public.secret_4" in input.facts.writes
	"prod" in input.target.tags
}

ask["rule-5"] := 3 if {
	some s in input.statements
	s.kind == "delete"
	s.where == "absent"
	count(input.reason) < 5
}

ask["rule-6"] := 1 if {
	"hazard-6" in input.facts.hazards
}

ask["rule-6"] := 1 if {
	input.facts.statement_count > 16
}

ask["rule-7"] := 2 if {
	input.identity.kind == "agent"
	input.facts.effect == "ddl"
	input.time.hour == 7
}

ask["rule-8"] := 3 if {
	"public.secret_8" in input.facts.writes
	"prod" in input.target.tags
}

ask["rule-9"] := 1 if {
	some s in input.statements
	s.kind == "delete"
	s.where == "absent"
	count(input.reason) < 9
}

ask["rule-10"] := 2 if {
	"hazard-10" in input.facts.hazards
}

ask["rule-10"] := 2 if {
	input.facts.statement_count > 20
}

ask["rule-11"] := 3 if {
	input.identity.kind == "agent"
	input.facts.effect == "ddl"
	input.time.hour == 11
}

ask["rule-12"] := 1 if {
	"public.secret_12" in input.facts.writes
	"prod" in input.target.tags
}

ask["rule-13"] := 2 if {
	some s in input.statements
	s.kind == "delete"
	s.where == "absent"
	count(input.reason) < 13
}

ask["rule-14"] := 3 if {
	"hazard-14" in input.facts.hazards
}

ask["rule-14"] := 3 if {
	input.facts.statement_count > 24
}

ask["rule-15"] := 1 if {
	input.identity.kind == "agent"
	input.facts.effect == "ddl"
	input.time.hour == 15
}

ask["rule-16"] := 2 if {
	"public.secret_16" in input.facts.writes
	"prod" in input.target.tags
}

ask["rule-17"] := 3 if {
	some s in input.statements
	s.kind == "delete"
	s.where == "absent"
	count(input.reason) < 17
}

ask["rule-18"] := 1 if {
	"hazard-18" in input.facts.hazards
}

ask["rule-18"] := 1 if {
	input.facts.statement_count > 28
}

ask["rule-19"] := 2 if {
	input.identity.kind == "agent"
	input.facts.effect == "ddl"
	input.time.hour == 19
}

ask["rule-20"] := 3 if {
	"public.secret_20" in input.facts.writes
	"prod" in input.target.tags
}

ask["rule-21"] := 1 if {
	some s in input.statements
	s.kind == "delete"
	s.where == "absent"
	count(input.reason) < 21
}

ask["rule-22"] := 2 if {
	"hazard-22" in input.facts.hazards
}

ask["rule-22"] := 2 if {
	input.facts.statement_count > 32
}

ask["rule-23"] := 3 if {
	input.identity.kind == "agent"
	input.facts.effect == "ddl"
	input.time.hour == 23
}

ask["rule-24"] := 1 if {
	"public.secret_24" in input.facts.writes
	"prod" in input.target.tags
}

ask["rule-25"] := 2 if {
	some s in input.statements
	s.kind == "delete"
	s.where == "absent"
	count(input.reason) < 25
}

ask["rule-26"] := 3 if {
	"hazard-26" in input.facts.hazards
}

ask["rule-26"] := 3 if {
	input.facts.statement_count > 36
}

ask["rule-27"] := 1 if {
	input.identity.kind == "agent"
	input.facts.effect == "ddl"
	input.time.hour == 3
}

ask["rule-28"] := 2 if {
	"public.secret_28" in input.facts.writes
	"prod" in input.target.tags
}

ask["rule-29"] := 3 if {
	some s in input.statements
	s.kind == "delete"
	s.where == "absent"
	count(input.reason) < 29
}

ask["rule-30"] := 1 if {
	"hazard-30" in input.facts.hazards
}

ask["rule-30"] := 1 if {
	input.facts.statement_count > 40
}

ask["rule-31"] := 2 if {
	input.identity.kind == "agent"
	input.facts.effect == "ddl"
	input.time.hour == 7
}

ask["rule-32"] := 3 if {
	"public.secret_32" in input.facts.writes
	"prod" in input.target.tags
}

ask["rule-33"] := 1 if {
	some s in input.statements
	s.kind == "delete"
	s.where == "absent"
	count(input.reason) < 33
}

ask["rule-34"] := 2 if {
	"hazard-34" in input.facts.hazards
}

ask["rule-34"] := 2 if {
	input.facts.statement_count > 44
}

ask["rule-35"] := 3 if {
	input.identity.kind == "agent"
	input.facts.effect == "ddl"
	input.time.hour == 11
}

ask["rule-36"] := 1 if {
	"public.secret_36" in input.facts.writes
	"prod" in input.target.tags
}

ask["rule-37"] := 2 if {
	some s in input.statements
	s.kind == "delete"
	s.where == "absent"
	count(input.reason) < 37
}

ask["rule-38"] := 3 if {
	"hazard-38" in input.facts.hazards
}

ask["rule-38"] := 3 if {
	input.facts.statement_count > 48
}

ask["rule-39"] := 1 if {
	input.identity.kind == "agent"
	input.facts.effect == "ddl"
	input.time.hour == 15
}

ask["rule-40"] := 2 if {
	"public.secret_40" in input.facts.writes
	"prod" in input.target.tags
}

ask["rule-41"] := 3 if {
	some s in input.statements
	s.kind == "delete"
	s.where == "absent"
	count(input.reason) < 41
}

ask["rule-42"] := 1 if {
	"hazard-42" in input.facts.hazards
}

ask["rule-42"] := 1 if {
	input.facts.statement_count > 52
}

ask["rule-43"] := 2 if {
	input.identity.kind == "agent"
	input.facts.effect == "ddl"
	input.time.hour == 19
}

ask["rule-44"] := 3 if {
	"public.secret_44" in input.facts.writes
	"prod" in input.target.tags
}

ask["rule-45"] := 1 if {
	some s in input.statements
	s.kind == "delete"
	s.where == "absent"
	count(input.reason) < 45
}

ask["rule-46"] := 2 if {
	"hazard-46" in input.facts.hazards
}

ask["rule-46"] := 2 if {
	input.facts.statement_count > 56
}
