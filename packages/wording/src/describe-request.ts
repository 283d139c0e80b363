import type { Diff } from '@countersign/diff';
import type { Facts } from '@countersign/sql';
import { changesSection, droppedSetting, notPreviewedSection, schemaSection } from './change-sections.ts';
import { clocksSection, policySection, quorumSection } from './decision-sections.ts';
import type { Document, LeftOut, Section } from './document.ts';
import { emergencySection } from './emergency-section.ts';
import { locksSection } from './lock-section.ts';
import { Notes } from './notes.ts';
import { checksSection, whereSection, whoSection, whySection } from './origin-sections.ts';
import type { LastingReview, ShownReview } from './shown-review.ts';
import { factsSection, whatSection } from './statement-sections.ts';

const destructive: ReadonlySet<string> = new Set(['drop', 'write-without-where', 'always-true-where']);

/** A section as it was written, and what was noted of it. */
interface Written {
  readonly section: Section | undefined;
  readonly warnings: readonly string[];
  readonly leftOut: LeftOut;
}

type Write<R> = (review: R, notes: Notes) => Section | undefined;

/** A section that is written once, since its writer is not given what a clock changes, or one that is written anew. */
type Part =
  | { readonly lasts: true; readonly write: Write<LastingReview> }
  | { readonly lasts: false; readonly write: Write<ShownReview> };

const lasting = (write: Write<LastingReview>): Part => ({ lasts: true, write });
const passing = (write: Write<ShownReview>): Part => ({ lasts: false, write });

/** In reading order. */
const parts: readonly Part[] = [
  lasting(emergencySection),
  passing(checksSection),
  lasting(whoSection),
  lasting(whySection),
  lasting(whereSection),
  lasting(whatSection),
  lasting(factsSection),
  lasting(changesSection),
  lasting(schemaSection),
  lasting(locksSection),
  lasting(notPreviewedSection),
  lasting(policySection),
  passing(quorumSection),
  passing(clocksSection),
];

/**
 * Returns what a person reads about a request, in reading order. In full depth nothing is left out or cut; a summary
 * says how much it leaves out. Every text in it is harmless. Does not throw, whatever the request says.
 */
export function describeRequest(review: ShownReview, depth: Document['depth']): Document {
  return describeOverTime(review, depth)(review);
}

/**
 * Returns how the request of a review reads at any other moment: what is called with the review of that moment, and describes as
 * `describeRequest` does. The sections that no clock changes are written once, and are the same objects each time.
 */
export function describeOverTime(
  review: ShownReview,
  depth: Document['depth'],
): (later: ShownReview) => Document {
  const written = parts.map((part) => (part.lasts ? writePart(part.write, review, depth) : undefined));
  const confirm = confirmRows(review);
  return (later) => {
    const all = parts.map((part, index) => written[index] ?? writePart(part.write, later, depth));
    return {
      title: `Request ${later.request.sequence} for approval`,
      depth,
      sections: all.flatMap(({ section }) => section ?? []),
      warnings: [...new Set(all.flatMap(({ warnings }) => warnings))].toSorted(),
      confirmRows: confirm,
      leftOut: {
        rows: all.reduce((sum, { leftOut }) => sum + leftOut.rows, 0),
        bytes: all.reduce((sum, { leftOut }) => sum + leftOut.bytes, 0),
      },
    };
  };
}

function writePart(write: Write<ShownReview>, review: ShownReview, depth: Document['depth']): Written {
  const notes = new Notes(depth);
  const section = write(review, notes);
  return { section, warnings: notes.warnings, leftOut: notes.leftOut };
}

// Rows are lost where rows are deleted or a statement names no rows, objects where something is dropped, by the text or by what it
// carries along; the number typed shows that it was read.
function confirmRows({ request, facts, diff }: LastingReview): number | null {
  const deletes = request.effect.tables.some((table) => table.deleted > 0);
  const hazardous = [facts.signed, facts.here].some((read) => read !== null && isDestructive(read));
  return deletes || hazardous || losesObjects(diff) ? request.effect.rows : null;
}

function losesObjects(diff: Diff | null): boolean {
  if (diff === null) return false;
  const { schema, environment } = diff;
  return (
    schema.some(({ after }) => after === null) ||
    environment.some(([name]) => name.startsWith(droppedSetting))
  );
}

function isDestructive(facts: Facts): boolean {
  return facts.statements.some((statement) =>
    statement.hazards.some((hazard) => destructive.has(hazard.code)),
  );
}
