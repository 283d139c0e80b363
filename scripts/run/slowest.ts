interface FileTimes {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly endTime: number;
}

/** Returns the test files of vitest's JSON report that took longest, as lines `seconds  path`; none without a report. */
export function slowestFiles(reportText: string | undefined, root: string, count: number): readonly string[] {
  if (reportText === undefined) return [];
  try {
    const report = JSON.parse(reportText) as { readonly testResults?: readonly FileTimes[] };
    return (report.testResults ?? [])
      .map(({ name, startTime, endTime }) => ({
        path: name.replace(`${root}/`, ''),
        ms: endTime - startTime,
      }))
      .toSorted((one, other) => other.ms - one.ms)
      .slice(0, count)
      .map(({ path, ms }) => `${(ms / 1000).toFixed(1).padStart(7)} s  ${path}`);
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
