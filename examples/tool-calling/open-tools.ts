import { HttpTools } from './http-tools.ts';
import { McpTools } from './mcp-tools.ts';
import type { Environment, Tools } from './tools.ts';

/** Returns the tools of the server that COUNTERSIGN_URL names, or of a `countersign mcp` that is started here. */
export function openTools(environment: Environment): Promise<Tools> {
  return environment['COUNTERSIGN_URL'] === undefined
    ? McpTools.start(environment)
    : HttpTools.start(environment);
}
