import { readFileCarefully } from '@countersign/program';
import { parseConfiguration, type Configuration } from './configuration.ts';
import { decodeText } from './decode-text.ts';
import type { HomePaths } from './home-directory.ts';

/** @throws `configuration/…`, `file/…` */
export function readConfiguration(paths: HomePaths): Configuration {
  const bytes = readFileCarefully(paths.configuration, { bytesMax: 65_536 });
  return parseConfiguration(decodeText(bytes, paths.configuration), paths.configuration);
}
