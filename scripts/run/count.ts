/** How many passed and failed; `notes` names each failure and the first line of what it says. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly notes: readonly string[];
}

interface TestResult {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages?: readonly string[];
}

interface FileResult {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly TestResult[];
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
    for (const { fullName, status, failureMessages } of file.assertionResults) {
      if (status === 'passed') {
        passed += 1;
        continue;
      }
      failed += 1;
      const why = status === 'failed' ? firstLine(failureMessages) : `${status}, which counts as failed`;
      notes.push(`${file.name}: ${fullName}: ${why}`);
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

function firstLine(messages: readonly string[] | undefined): string {
  return messages?.[0]?.split('\n', 1)[0] ?? 'no message';
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
