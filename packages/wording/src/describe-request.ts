import type { Diff } from '@countersign/diff';
import type { Facts } from '@countersign/sql';
import { changesSection, droppedSetting, notPreviewedSection, schemaSection } from './change-sections.ts';
import { clocksSection, policySection, quorumSection } from './decision-sections.ts';
import type { Document } from './document.ts';
import { emergencySection } from './emergency-section.ts';
import { locksSection } from './lock-section.ts';
import { Notes } from './notes.ts';
import { checksSection, whereSection, whoSection, whySection } from './origin-sections.ts';
import type { ShownReview } from './shown-review.ts';
import { factsSection, whatSection } from './statement-sections.ts';

const destructive: ReadonlySet<string> = new Set(['drop', 'write-without-where', 'always-true-where']);

/**
 * Returns what a person reads about a request, in reading order. In full depth nothing is left out or cut; a summary
 * says how much it leaves out. Every text in it is harmless. Does not throw, whatever the request says.
 */
export function describeRequest(review: ShownReview, depth: Document['depth']): Document {
  const notes = new Notes(depth);
  const sections = [
    emergencySection(review, notes),
    checksSection(review, notes),
    whoSection(review, notes),
    whySection(review, notes),
    whereSection(review, notes),
    whatSection(review, notes),
    factsSection(review, notes),
    changesSection(review, notes),
    schemaSection(review, notes),
    locksSection(review, notes),
    notPreviewedSection(review, notes),
    policySection(review, notes),
    quorumSection(review, notes),
    clocksSection(review, notes),
  ].filter((section) => section !== undefined);
  return {
    title: `Request ${review.request.sequence} for approval`,
    depth,
    sections,
    warnings: notes.warnings,
    confirmRows: confirmRows(review),
    leftOut: notes.leftOut,
  };
}

// Rows are lost where rows are deleted or a statement names no rows, objects where something is dropped, by the text or by what it
// carries along; the number typed shows that it was read.
function confirmRows({ request, facts, diff }: ShownReview): number | null {
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
