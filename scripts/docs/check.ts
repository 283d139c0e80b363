import { listFiles, type Finding } from '../tree.ts';
import { runCommands } from './commands.ts';
import { checkDependencies } from './dependencies.ts';
import { checkLinks } from './links.ts';

/** Checks the links of every page, the list of dependencies, and the commands that are marked as runnable. */
export function checkDocs(root: string): Finding[] {
  const pages = listFiles(root).filter((path) => path.endsWith('.md') && !path.startsWith('test/vectors/'));
  return [
    ...pages.flatMap((path) => checkLinks(root, path)),
    ...checkDependencies(root),
    ...pages.flatMap((path) => runCommands(root, path)),
  ];
}
