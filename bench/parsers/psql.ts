/** Comments, quoted texts, words, psql's own commands, and any other character, at one place each. */
const TOKEN =
  /--[^\n]*|\/\*|[eE]'[^'\\]*(?:(?:''|\\[^])[^'\\]*)*'|'[^']*(?:''[^']*)*'|"[^"]*(?:""[^"]*)*"|(\$(?:[A-Za-z_][\w]*)?\$)[^]*?\1|\\;|\\[^\n]*|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|[^]/gy;
const SENDS = /^\\(?:g|gx|gset|gexec|gdesc|crosstabview)\b/;
const ROUTINE = /^\s*create\s+(?:or\s+replace\s+)?(?:function|procedure)\b/i;
const COPIES = /^\s*copy\b[^]*\bfrom\s+std(?:in|out)\b/i;
/** Variables of psql, whose values stand nowhere in the file. */
const VARIABLE = /(?:^|[^:\w\])]):(?:'\w+'|"\w+"|[a-z_]\w*)/i;

/** The statements of a file for psql, without its own commands, rows of COPY, and what names its variables. */
export function psqlStatements(text: string): string[] {
  const reading = { statements: new Array<string>(), buffer: '', parens: 0, atomic: 0, previous: '' };
  const send = (): void => {
    if (/\S/.test(reading.buffer) && !VARIABLE.test(reading.buffer))
      reading.statements.push(reading.buffer.trim());
    Object.assign(reading, { buffer: '', parens: 0, atomic: 0, previous: '' });
  };
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    const [token] = found;
    if (token.startsWith('--')) continue;
    if (token === '/*') TOKEN.lastIndex = commentEnd(text, found.index);
    else if (token === '\\;') reading.buffer += ';';
    else if (token.startsWith('\\')) {
      if (SENDS.test(token)) send();
    } else if (token === ';' && reading.parens === 0 && reading.atomic === 0) {
      const copies = COPIES.test(reading.buffer);
      send();
      if (copies) TOKEN.lastIndex = rowsEnd(text, TOKEN.lastIndex);
    } else {
      nest(reading, token);
      reading.buffer += token;
    }
  }
  send();
  return reading.statements;
}

interface Nesting {
  buffer: string;
  parens: number;
  atomic: number;
  previous: string;
}

/** psql holds a statement together inside parentheses and between BEGIN ATOMIC and its END. */
function nest(reading: Nesting, token: string): void {
  if (token === '(') reading.parens += 1;
  if (token === ')') reading.parens = Math.max(0, reading.parens - 1);
  if (!/^[A-Za-z]/.test(token)) return;
  const word = token.toLowerCase();
  if (word === 'atomic' && reading.previous === 'begin' && ROUTINE.test(reading.buffer)) reading.atomic += 1;
  else if (reading.atomic > 0 && word === 'case') reading.atomic += 1;
  else if (reading.atomic > 0 && word === 'end') reading.atomic -= 1;
  reading.previous = word;
}

function commentEnd(text: string, start: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start;
  let depth = 0;
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return text.length;
}

function rowsEnd(text: string, start: number): number {
  const end = text.indexOf('\n\\.', start);
  return end < 0 ? start : end + 3;
}
