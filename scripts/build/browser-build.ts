import { createHash } from 'node:crypto';

/** How every script of a page is built: one file, not minified, that names nothing of the machine it is built on. */
export const BROWSER_BUILD = {
  bundle: true,
  platform: 'browser',
  format: 'iife',
  target: 'es2024',
  charset: 'utf8',
  legalComments: 'inline',
  metafile: true,
  write: false,
  logLevel: 'silent',
  tsconfigRaw: { compilerOptions: { target: 'ES2024', verbatimModuleSyntax: true } },
} as const;

/** The source by which a content security policy lets an inlined element run. */
export function hashSource(content: string): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}
