import ts from 'typescript';
import type { Finding } from '../tree.ts';

const LINES_MAX = 70;

/** Refuses functions that are too long. What is handed to `describe` holds tests and is no function by itself. */
export function checkFunctions(path: string, file: ts.SourceFile): Finding[] {
  const findings: Finding[] = [];
  const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line + 1;
  const visit = (node: ts.Node): void => {
    if (isFunction(node) && !isGroupOfTests(node)) {
      const first = lineOf(node.getStart(file));
      const lines = lineOf(node.getEnd()) - first + 1;
      if (lines > LINES_MAX) {
        findings.push({
          file: path,
          line: first,
          text: `a function of ${lines} lines; at most ${LINES_MAX}`,
        });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return findings;
}

function isFunction(node: ts.Node): boolean {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;
}

function isGroupOfTests(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && /^describe\b/u.test(node.parent.expression.getText());
}
