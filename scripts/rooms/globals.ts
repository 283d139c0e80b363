import ts from 'typescript';
import {
  NETWORK_NAMES,
  NEUTRAL_MEMBERS_REFUSED,
  NEUTRAL_VALUES,
  NODE_NAMES,
  OFFLINE_MEMBERS_REFUSED,
  PAGE_NAMES,
} from './names.ts';
import type { Finding } from '../tree.ts';

/** `neutral`: ECMAScript without clock, chance and locale. `page`: and the browser's. `node`: and Node's. */
export type Globals = 'neutral' | 'node' | 'page';

/**
 * Refuses every global name that the file's class does not list. A name counts as global when nothing in the
 * file declares it: `program` must have been made without resolving imports and without Node's or the
 * browser's types, so that only ECMAScript's own names have a meaning from elsewhere.
 */
export function checkGlobals(
  program: ts.Program,
  file: ts.SourceFile,
  path: string,
  rules: { readonly globals: Globals; readonly offline: boolean },
): Finding[] {
  const { globals, offline } = rules;
  const findings: Finding[] = [];
  const refuse = (node: ts.Node, text: string): void => {
    const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
    findings.push({ file: path, line, text });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && isReference(node)) {
      const origin = originOf(node, program);
      if (origin !== 'file') {
        const why = refusalOf(node, origin, globals, offline);
        if (why !== undefined) refuse(node, why);
      }
    }
    const member = memberName(node);
    if (member !== undefined && globals === 'neutral' && NEUTRAL_MEMBERS_REFUSED.has(member)) {
      refuse(node, `.${member} depends on the machine's locale; a neutral room may not use it`);
    }
    if (member !== undefined && offline && OFFLINE_MEMBERS_REFUSED.has(member)) {
      refuse(node, `.${member} is refused in a room without network`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return findings;
}

function refusalOf(
  node: ts.Identifier,
  origin: 'library value' | 'library type' | 'unknown',
  globals: Globals,
  offline: boolean,
): string | undefined {
  const name = node.text;
  if (origin === 'library type') return undefined;
  if (globals === 'neutral') {
    if (!NEUTRAL_VALUES.has(name)) return `the global ${name} is not one that a neutral room may use`;
    return name === 'Math' ? refusalOfMath(node) : undefined;
  }
  if (name === 'eval' || name === 'Function') return `${name} runs text as code`;
  if (origin === 'library value') return undefined;
  if (NETWORK_NAMES.has(name)) return offline ? `${name} reaches the network` : undefined;
  const known = globals === 'page' ? PAGE_NAMES : NODE_NAMES;
  return known.has(name) ? undefined : `the global ${name} is not one that a ${globals} room may use`;
}

/** `Math` may only be read as `Math.name`: otherwise `random` could leave it unseen. */
function refusalOfMath(node: ts.Identifier): string | undefined {
  const parent = node.parent;
  if (!ts.isPropertyAccessExpression(parent) || parent.expression !== node) {
    return 'Math may only be used as Math.<name>';
  }
  return parent.name.text === 'random'
    ? 'Math.random is refused: randomness comes in as a parameter'
    : undefined;
}

function originOf(
  node: ts.Identifier,
  program: ts.Program,
): 'file' | 'library value' | 'library type' | 'unknown' {
  const checker = program.getTypeChecker();
  const symbol =
    ts.isShorthandPropertyAssignment(node.parent) && node.parent.name === node
      ? checker.getShorthandAssignmentValueSymbol(node.parent)
      : checker.getSymbolAtLocation(node);
  if (symbol === undefined) return 'unknown';
  const declarations = symbol.declarations ?? [];
  // `undefined`, `globalThis` and `arguments` have no declaration of their own.
  if (declarations.length === 0) return node.text === 'arguments' ? 'file' : 'library value';
  const fromOutside = (declaration: ts.Declaration): boolean => {
    const origin = declaration.getSourceFile();
    return program.isSourceFileDefaultLibrary(origin) || origin.fileName.endsWith('/packages/neutral.d.ts');
  };
  if (!declarations.every(fromOutside)) return 'file';
  return (symbol.flags & ts.SymbolFlags.Value) !== 0 && !isInType(node) ? 'library value' : 'library type';
}

/** A library name in a type (`Promise<T>`, `Date`) is refused like the value, but for pure types. */
function isInType(node: ts.Identifier): boolean {
  return node.text !== 'Date' && ts.isTypeReferenceNode(node.parent);
}

/** An identifier that reads a name in scope, and not one that declares or labels something. */
function isReference(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isExportSpecifier(parent) || ts.isImportSpecifier(parent) || ts.isMetaProperty(parent)) return false;
  if (ts.isImportTypeNode(parent) || ts.isNamedTupleMember(parent) || ts.isLabeledStatement(parent))
    return false;
  if (ts.isBreakOrContinueStatement(parent)) return false;
  if (ts.isTypeReferenceNode(parent) && node.text === 'const') return false;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  const named = parent as ts.NamedDeclaration;
  return named.name !== node;
}

function memberName(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return node.argumentExpression.text;
  }
  if (ts.isBindingElement(node)) return (node.propertyName ?? node.name).getText();
  return undefined;
}
