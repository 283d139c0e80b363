import { formatTime, quote, type Palette } from '@countersign/program';
import { allHazards, type Facts } from '@countersign/sql';
import type { Verdict } from '@countersign/policy';
import { hazardTexts } from '@countersign/wording';

/** Returns facts as lines for people. */
export function factsLines(facts: Facts, colours: Palette): readonly string[] {
  const summary = facts.readOnly ? colours.green('reads only') : colours.yellow(facts.effect);
  const lines = [
    `${facts.statements.length} statement${facts.statements.length === 1 ? '' : 's'} (${facts.dialect}): ${summary}`,
  ];
  for (const [index, one] of facts.statements.entries()) {
    lines.push(`${index + 1}. ${one.kind}${one.where === 'none' ? '' : `, where ${one.where}`}`);
    if (one.reads.length > 0) lines.push(`   reads   ${one.reads.join(', ')}`);
    if (one.writes.length > 0) lines.push(`   writes  ${one.writes.join(', ')}`);
    if (one.functions.length > 0) lines.push(`   calls   ${one.functions.join(', ')}`);
  }
  const hazards = allHazards(facts);
  if (hazards.length > 0) lines.push(`hazards: ${colours.yellow(hazards.join(', '))}`);
  if (facts.assumes.relations.length > 0)
    lines.push(colours.dim(`assumes plain tables: ${facts.assumes.relations.join(', ')}`));
  return lines;
}

/** Returns what a policy may have objected to, each with the statement and the place it stands in. */
export function hazardLines(facts: Facts): readonly string[] {
  return facts.statements.flatMap((statement, index) =>
    statement.hazards.map(({ code, offset, length }) => {
      const start = offset - statement.offset;
      const place = length === 0 ? '' : `, at ${quote(statement.sql.slice(start, start + length))}`;
      return `statement ${index + 1}${place}: ${hazardTexts[code]} [${code}]`;
    }),
  );
}

/** Returns a verdict as lines for people. */
export function verdictLines(
  verdict: Pick<Verdict, 'decision' | 'rules' | 'reason' | 'quorum'>,
  colours: Palette,
): readonly string[] {
  const paint = { allow: colours.green, deny: colours.red, require: colours.yellow }[verdict.decision];
  const lines = [
    `${paint(verdict.decision)}: ${verdict.reason} ${colours.dim(`[${verdict.rules.join(', ')}]`)}`,
  ];
  const steps = verdict.quorum.map((step) =>
    step.map(({ role, count }) => `${count} × ${role}`).join(' and '),
  );
  if (steps.length > 0) lines.push(`needs ${steps.join(', then ')}`);
  return lines;
}

/** Returns a time and how far off it is, such as `2026-11-21T10:00:00Z (in 3 h)`. */
export function deadline(at: number, now: number): string {
  const hours = Math.round(Math.abs(at - now) / 360) / 10;
  return `${formatTime(at)} (${at >= now ? `in ${hours} h` : `${hours} h ago`})`;
}
