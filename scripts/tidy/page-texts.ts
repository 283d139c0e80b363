import ts from 'typescript';
import type { Finding } from '../tree.ts';

const PAGE = /^apps\/approver\/src\/page\/(?!catalogue\/)/u;

/** The functions of the page that draw their arguments, and the first of these that is drawn. */
const DRAWING: ReadonlyMap<string, number> = new Map([
  ['h', 2],
  ['fill', 1],
  ['append', 1],
  ['sayNew', 1],
  ['failureBox', 1],
  ['button', 0],
  ['fileButton', 0],
  ['textField', 0],
  ['passphraseField', 0],
]);

/** Attributes and properties that a person reads or hears. */
const READ =
  /^(?:title|placeholder|alt|label|aria-?(?:label|description|roledescription|valuetext)|(?:text|inner)\w*|data)$/iu;

/** Refuses, in a file of the approver's page beside its catalogue, a text that a person reads: where it is drawn, and any two words. */
export function checkPageTexts(path: string, file: ts.SourceFile): Finding[] {
  if (!PAGE.test(path)) return [];
  const findings: Finding[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (text !== undefined && isRead(node, text)) {
      const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
      findings.push({
        file: path,
        line,
        text: `${JSON.stringify(text)} belongs into the catalogue of the page`,
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return findings;
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node) ? node.text : undefined;
}

function isRead(node: ts.Node, text: string): boolean {
  if (/\p{L}/u.test(text) && isDrawn(node)) return true;
  return /\p{L}{2} \p{L}{2}/u.test(text) && !text.startsWith('<!') && !isForMachines(node);
}

/** Whether the value of this expression is drawn just where it stands. */
function isDrawn(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node && READ.test(nameOf(parent.name));
  if (ts.isCallExpression(parent)) return isDrawnBy(parent, node);
  if (ts.isBinaryExpression(parent)) {
    if (parent.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return isJoined(parent) && isDrawn(parent);
    return ts.isPropertyAccessExpression(parent.left) && READ.test(parent.left.name.text);
  }
  if (ts.isConditionalExpression(parent)) return parent.condition !== node && isDrawn(parent);
  return isPassedOn(parent) && isDrawn(parent);
}

function isDrawnBy({ expression, arguments: given }: ts.CallExpression, node: ts.Node): boolean {
  const place = given.findIndex((each) => each === node);
  if (!ts.isIdentifier(expression)) {
    const [name] = given;
    const sets = ts.isPropertyAccessExpression(expression) && expression.name.text === 'setAttribute';
    return sets && place === 1 && name !== undefined && ts.isStringLiteral(name) && READ.test(name.text);
  }
  const first = DRAWING.get(expression.text);
  return first !== undefined && place >= first;
}

function isJoined({ operatorToken: { kind } }: ts.BinaryExpression): boolean {
  return (
    kind === ts.SyntaxKind.PlusToken ||
    kind === ts.SyntaxKind.QuestionQuestionToken ||
    kind === ts.SyntaxKind.BarBarToken ||
    kind === ts.SyntaxKind.AmpersandAmpersandToken
  );
}

function isPassedOn(node: ts.Node): boolean {
  return (
    ts.isTemplateExpression(node) ||
    ts.isTemplateSpan(node) ||
    ts.isParenthesizedExpression(node) ||
    ts.isArrayLiteralExpression(node) ||
    ts.isSpreadElement(node) ||
    ts.isAsExpression(node)
  );
}

/** Names of style classes, and the details of errors, which stand beside a sentence of the catalogue. */
function isForMachines(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isSourceFile(parent)) return false;
  if (ts.isNewExpression(parent)) return /Error$/u.test(parent.expression.getText());
  if (ts.isPropertyAssignment(parent)) return nameOf(parent.name) === 'class';
  if (ts.isBinaryExpression(parent) && /\.className$/u.test(parent.left.getText())) return true;
  if (ts.isFunctionDeclaration(parent)) return /Class$/u.test(parent.name?.text ?? '');
  return isForMachines(parent);
}

function nameOf(name: ts.PropertyName): string {
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) ? name.text : '';
}
