# Everything that a Rego policy can do wrong: one entry point each.
package broken

says(text) := {"decision": "allow", "rules": ["r"], "reason": text}

good := says("all is well")

nothing := says("never") if input.facts.dialect == "cobol"

# Two rules with one name that disagree.
conflict := says("one") if input.version == 1

conflict := says("two") if input.facts.dialect == "sqlite"

# There is no clock in WebAssembly.
clock := says(sprintf("%d", [time.now_ns()]))

# A built-in function that fails is undefined, or an error of a server that is asked to be strict.
quotient := says(sprintf("%d", [1 / count(input.facts.functions)]))

hog := says(concat("", [text | some _ in numbers.range(1, 3000000); text := "0123456789abcdef"]))

# Backtracks for longer than the sun shines.
spin := says(concat("", regex.split(`^(a+)+$`, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")))

padded := says(sprintf("%400000000d", [input.version]))

wide := says(concat("", [text | some _ in numbers.range(1, 100000); text := "x"]))

deep := json.unmarshal(concat("", array.concat(
	["[" | some _ in numbers.range(1, 100000)],
	["]" | some _ in numbers.range(1, 100000)],
)))

truth := true

permit := {"decision": "permit", "rules": ["r"], "reason": "r"}
