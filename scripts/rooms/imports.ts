import ts from 'typescript';

/** One way in which a file names another module. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Only types cross: `import type`, `export type`, `import('…').T`. */
  readonly typeOnly: boolean;
  /** `export … from`. */
  readonly reExport: boolean;
}

/** What a file imports, and the imports that cannot be read from the text. */
export interface Imports {
  readonly imports: readonly Import[];
  readonly unreadable: readonly { readonly line: number; readonly text: string }[];
}

/** Reads every import of one file: static, dynamic, required, of types, resolved, and `new URL('…', import.meta.url)`. */
export function readImports(file: ts.SourceFile): Imports {
  const imports: Import[] = [];
  const unreadable: { line: number; text: string }[] = [];
  const lineOf = (node: ts.Node): number => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
  const add = (node: ts.Node, specifier: ts.Node | undefined, typeOnly: boolean, reExport = false): void => {
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) {
      imports.push({ specifier: specifier.text, line: lineOf(node), typeOnly, reExport });
    } else {
      unreadable.push({ line: lineOf(node), text: 'the module imported here is not a literal string' });
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, isTypeOnly(node));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      add(node, node.moduleSpecifier, node.isTypeOnly, true);
    } else if (ts.isImportTypeNode(node)) {
      add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    } else if (ts.isCallExpression(node)) visitCall(node);
    else if (isModuleUrl(node)) visitUrl(node, node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  const visitCall = (node: ts.CallExpression): void => {
    const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require';
    const isResolve = node.expression.getText(file).replace(/\s/gu, '') === 'import.meta.resolve';
    if (isRequire || isResolve || node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node, node.arguments[0], false);
  };
  const visitUrl = (node: ts.Node, name: ts.Expression | undefined): void => {
    if (name === undefined || !ts.isStringLiteralLike(name) || !isModuleName(name.text)) return;
    const specifier = name.text.startsWith('.') ? name.text : `./${name.text}`;
    imports.push({ specifier, line: lineOf(node), typeOnly: false, reExport: false });
  };
  visit(file);
  return { imports, unreadable };
}

function isTypeOnly(node: ts.ImportDeclaration): boolean {
  return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function isModuleUrl(node: ts.Node): node is ts.NewExpression & { arguments: ts.NodeArray<ts.Expression> } {
  if (!ts.isNewExpression(node) || !ts.isIdentifier(node.expression) || node.expression.text !== 'URL') {
    return false;
  }
  const base = node.arguments?.[1];
  return base?.getText().replace(/\s/gu, '') === 'import.meta.url';
}

/** A data file or a folder beside the program is no module. */
function isModuleName(name: string): boolean {
  return /\.[cm]?[jt]s$/u.test(name);
}
