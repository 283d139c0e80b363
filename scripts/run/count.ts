/** How many passed and failed; `notes` says what is behind a failure that has no test of its own. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly notes: readonly string[];
}

interface FileResult {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
}

/**
 * Counts what vitest's JSON report says. A test that did not run (skipped, todo) has failed; so has a file whose
 * tests could not be read, a run without a report, a run without any test, and a run that ended badly otherwise.
 */
export function countTests(reportText: string | undefined, exitCode: number | null): Count {
  const notes: string[] = [];
  let passed = 0;
  let failed = 0;
  const files = readReport(reportText);
  for (const file of files ?? []) {
    for (const { fullName, status } of file.assertionResults) {
      if (status === 'passed') {
        passed += 1;
        continue;
      }
      failed += 1;
      if (status !== 'failed') notes.push(`${status}, which counts as failed: ${fullName}`);
    }
    const broken =
      file.status !== 'passed' && file.assertionResults.every(({ status }) => status === 'passed');
    if (!broken) continue;
    failed += 1;
    notes.push(`could not be run: ${file.name}`);
  }
  if (passed + failed === 0) {
    failed = 1;
    notes.push(files === undefined ? 'vitest left no whole report' : 'vitest ran no test');
  } else if (exitCode !== 0 && failed === 0) {
    failed = 1;
    notes.push(`every test passed, and yet vitest ended with ${exitCode === null ? 'a signal' : exitCode}`);
  }
  return { passed, failed, notes };
}

/** The files of the report, or undefined when there is none or only a part of one: vitest was stopped. */
function readReport(text: string | undefined): readonly FileResult[] | undefined {
  if (text === undefined) return undefined;
  try {
    const report = JSON.parse(text) as { readonly testResults?: readonly FileResult[] };
    return report.testResults;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
