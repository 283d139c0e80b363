import type { Statement } from '@countersign/messages';
import {
  classifyTexts,
  trustFunctions,
  type Catalog,
  type Facts,
  type TrustedFunction,
} from '@countersign/sql';
import type { TargetFacts } from '@countersign/targets';
import type { Policy } from '@countersign/policy';

/** Submissions whose facts are remembered under one catalogue, and the longest one that is, in characters. */
const knownMax = 200;
const lengthMax = 10_000;

/** What was read under one catalogue, with the functions that one policy vouches for. */
interface Known {
  readonly functions: readonly TrustedFunction[];
  readonly catalog: Catalog;
  readonly facts: Map<string, Facts>;
}

/** A catalogue that is looked at again and again is one object as long as nobody changes the schema. */
const known = new WeakMap<Catalog, Known>();

/** Reads statements against the target's catalogue, with the functions that the policy in force vouches for; the same texts once. */
export function readFacts(
  world: { readonly policy: () => Pick<Policy, 'functions'> },
  statements: readonly Statement[],
  { engine, catalog }: Pick<TargetFacts, 'engine' | 'catalog'>,
): Facts {
  const texts = statements.map(({ sql }) => sql);
  const under = knownUnder(catalog, world.policy().functions);
  const key = JSON.stringify([engine, texts]);
  const found = under.facts.get(key);
  if (found !== undefined) return found;
  const facts = classifyTexts(texts, engine, under.catalog);
  if (key.length > lengthMax) return facts;
  const [oldest] = under.facts.keys();
  if (under.facts.size >= knownMax && oldest !== undefined) under.facts.delete(oldest);
  under.facts.set(key, facts);
  return facts;
}

function knownUnder(catalog: Catalog, functions: readonly TrustedFunction[]): Known {
  const before = known.get(catalog);
  if (before?.functions === functions) return before;
  const made = { functions, catalog: trustFunctions(catalog, functions), facts: new Map<string, Facts>() };
  known.set(catalog, made);
  return made;
}
