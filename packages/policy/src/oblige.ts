import { utf8Length } from '@countersign/codec';
import type { PolicyDiff, PolicyInput } from './input.ts';
import { stricterObligation, VALUE_BYTES_MAX } from './obligation.ts';
import type { Obligation } from './policy.ts';
import { parseUtcTime } from './utc-time.ts';
import { formatWindow, NEVER } from './window.ts';

/** Whether a submission brings what an obligation asks for. */
export type Met =
  | { readonly type: 'met'; readonly value: string }
  | { readonly type: 'missing'; readonly fault: string }
  /** Known only once the rows are. */
  | { readonly type: 'pending' };

/** A clock that is kept by hand may be this far ahead of ours. */
const CLOCK_TOLERANCE_SECONDS = 300;

/** Judges one obligation; `before` is the value that another rule has set, and the stricter of both is the answer. */
export function meet(
  obligation: Obligation,
  input: PolicyInput,
  diff: PolicyDiff | undefined,
  before: string | undefined,
): Met {
  const met = meetAlone(obligation, input, diff);
  if (met.type !== 'met' || before === undefined) return met;
  const value = stricterObligation(obligation.type, before, met.value);
  if (obligation.type === 'window' && value === NEVER)
    return { type: 'missing', fault: 'leaves no time to run beside the windows of other rules' };
  return fits(value);
}

/** What a request could not carry would not bind its run. */
function fits(value: string): Met {
  return utf8Length(value) <= VALUE_BYTES_MAX
    ? { type: 'met', value }
    : { type: 'missing', fault: 'masks more columns than a request can name; mask whole tables' };
}

function meetAlone(obligation: Obligation, input: PolicyInput, diff: PolicyDiff | undefined): Met {
  switch (obligation.type) {
    case 'reason': {
      const asked = `at least ${obligation.lengthMin} characters`;
      return Array.from(input.reason.trim()).length >= obligation.lengthMin
        ? { type: 'met', value: asked }
        : { type: 'missing', fault: `asks for a reason of ${asked}` };
    }
    case 'ticket': {
      const ticket = said(input, 'ticket');
      return ticket !== undefined && obligation.pattern.test(ticket)
        ? { type: 'met', value: ticket }
        : { type: 'missing', fault: `asks for a ticket like ${obligation.pattern.source.slice(4, -2)}` };
    }
    case 'max_rows':
      return rowsMet(obligation.rows, diff);
    case 'window':
      return { type: 'met', value: formatWindow(obligation.window) };
    case 'backup':
      return backupMet(obligation.hours, input);
    case 'mask':
      return fits(obligation.columns.join(', '));
    case 'may_drift':
      return { type: 'met', value: obligation.columns.join(', ') };
    case 'fewer_rows':
      return { type: 'met', value: 'true' };
    default:
      return obligation satisfies never;
  }
}

function rowsMet(rowsMax: number, diff: PolicyDiff | undefined): Met {
  if (diff === undefined) return { type: 'pending' };
  if (diff.complete && diff.rows <= rowsMax) return { type: 'met', value: String(rowsMax) };
  const found = diff.complete ? `${diff.rows} rows` : 'an unknown number of rows';
  return { type: 'missing', fault: `lets ${rowsMax} rows change, this changes ${found}` };
}

function backupMet(hours: number, input: PolicyInput): Met {
  const asked = `at most ${hours} hours old`;
  const missing = (found: string): Met => ({
    type: 'missing',
    fault: `asks for a backup ${asked}, ${found}`,
  });
  const [backup, at] = [said(input, 'backup'), said(input, 'backup_at')];
  if (backup === undefined || backup.trim() === '') return missing('the submission names none');
  if (at === undefined) return missing('the submission does not say when it was made');
  const madeAt = parseUtcTime(at);
  if (madeAt === undefined) return missing('its time is not one such as 2026-01-31T09:00:00Z');
  if (madeAt > input.time.unix + CLOCK_TOLERANCE_SECONDS) return missing('this one lies in the future');
  if (input.time.unix - madeAt > hours * 3600)
    return missing(`this one is ${Math.floor((input.time.unix - madeAt) / 3600)} hours old`);
  return { type: 'met', value: asked };
}

function said({ context }: PolicyInput, name: string): string | undefined {
  return context.find(([key]) => key === name)?.[1];
}
