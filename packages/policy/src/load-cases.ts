import { readCommon, readGiven } from './case-given.ts';
import { readExpectation } from './case-expect.ts';
import { parseFile } from './document.ts';
import type { Item, Mapping, PolicyFile } from './document.ts';
import { PolicyError } from './error.ts';
import { FILES_MAX, TEST_FILE, requireFile } from './load.ts';
import { closedMap, leaf, list, requiredEntry, shown, text } from './shape.ts';
import type { TestCase } from './test-case.ts';

const CASES_MAX = 2000;

/**
 * Reads the cases of test files, in the order of paths and places.
 * @throws PolicyError with file, line and column
 */
export function loadCases(files: readonly PolicyFile[]): readonly TestCase[] {
  if (files.length > FILES_MAX)
    throw new PolicyError('policy/too-large', `${files.length} test files, at most ${FILES_MAX}`);
  for (const file of files) {
    if (!TEST_FILE.test(file.path))
      throw new PolicyError('policy/path', `path ${shown(file.path)}, expected name.test.yaml`);
    requireFile(file);
  }
  const cases = [...files].sort((a, b) => (a.path < b.path ? -1 : 1)).flatMap(readTestFile);
  if (cases.length > CASES_MAX)
    throw new PolicyError('policy/too-large', `${cases.length} cases, at most ${CASES_MAX}`);
  const seen = new Set<string>();
  for (const { name, place } of cases) {
    if (seen.has(name))
      throw new PolicyError('policy/duplicate-name', `case ${shown(name)} stands twice`, place);
    seen.add(name);
  }
  return cases;
}

function readTestFile(file: PolicyFile): readonly TestCase[] {
  const item = parseFile(file);
  const entries = closedMap(item, ['version', 'given', 'cases']);
  const version = requiredEntry(entries, 'version', item.place);
  if (leaf(version).value !== 1)
    throw new PolicyError('policy/version', 'expected version: 1', version.place);
  const common = readCommon(entries.get('given')?.value);
  return list(requiredEntry(entries, 'cases', item.place)).map((one) => readCase(one, common));
}

function readCase(item: Item, common: Mapping['entries']): TestCase {
  const entries = closedMap(item, ['name', 'given', 'expect']);
  return {
    name: text(requiredEntry(entries, 'name', item.place), 200),
    place: item.place,
    given: readGiven(requiredEntry(entries, 'given', item.place), common),
    expect: readExpectation(requiredEntry(entries, 'expect', item.place)),
  };
}
