import { expect, test } from 'vitest';
import { explain } from '@countersign/wording';
import { approvalErrorCodes } from '../src/core/approval-error.ts';

// Those of rows get their sentence where the number is known.
test.each(approvalErrorCodes.filter((code) => !code.startsWith('rows/')))(
  '%s has words of its own',
  (code) => {
    expect(explain(code).sentence).toMatch(/^[A-Z].*[.]$/u);
  },
);
