import ts from 'typescript';
import type { Finding } from '../tree.ts';

/** One error code, where its package's closed union names it. */
export interface Code {
  readonly code: string;
  readonly workspace: string;
  readonly file: string;
  readonly line: number;
}

/**
 * Lists the codes of the closed unions in one file: the types named `…ErrorCode`, given as a union of literals
 * as the members of a list (`(typeof CODES)[number]`) or as the keys of an object (`keyof typeof EXIT_CODES`).
 */
export function listCodes(path: string, file: ts.SourceFile): Code[] {
  const codes: Code[] = [];
  const workspace = path.split('/').slice(0, 2).join('/');
  const addAll = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) {
      const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
      codes.push({ code: node.text, workspace, file: path, line });
    }
    ts.forEachChild(node, addAll);
  };
  const lists = new Map<string, ts.Expression>();
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (ts.isIdentifier(name) && initializer !== undefined) lists.set(name.text, initializer);
    }
  }
  for (const statement of file.statements) {
    if (!ts.isTypeAliasDeclaration(statement) || !statement.name.text.endsWith('ErrorCode')) continue;
    addAll(statement.type);
    for (const name of statement.type.getText(file).matchAll(/typeof\s+(\w+)/gu)) {
      const list = lists.get(name[1] ?? '');
      if (list !== undefined) addAll(list);
    }
  }
  return codes;
}

/** Refuses a code that two unions name, or one union twice, and one that is not `area/what-is-wrong`. */
export function checkCodes(codes: readonly Code[]): Finding[] {
  const findings: Finding[] = [];
  const first = new Map<string, Code>();
  for (const code of codes) {
    const { file, line } = code;
    if (!/^[a-z0-9-]+\/[a-z0-9-]+$/u.test(code.code)) {
      findings.push({
        file,
        line,
        text: `the error code ${code.code} is not of the form area/what-is-wrong`,
      });
    }
    const other = first.get(code.code);
    if (other === undefined) first.set(code.code, code);
    else {
      const where = `${other.file}:${other.line}`;
      findings.push({ file, line, text: `the error code ${code.code} stands also at ${where}` });
    }
  }
  return findings;
}
