/**
 * What each room may import: the one table behind `docs/architecture.md`. Whatever is not listed is refused,
 * and so is a source file that lies in no room.
 */
export interface Room {
  /** Other rooms it may import as `@countersign/<room>`. */
  readonly rooms: readonly string[];
  /** Rooms of which it may import types only. */
  readonly typesOf?: readonly string[];
  /** Packages of the registry; a sub-path of one is included. */
  readonly npm: readonly string[];
  /** Node's own modules, without `node:`. Empty in a neutral room. */
  readonly builtins: readonly string[];
  /** Which global names its code may use; `page` (a browser's) holds besides for the files under a room's `src/page`. */
  readonly globals: 'neutral' | 'node' | 'page';
  /** No network module and no network global, here and in everything it reaches. */
  readonly offline?: true;
  /** Folders outside the room that relative imports may point into; `*` stands for one name. */
  readonly beside?: readonly string[];
}

/** Node's modules that touch files, terminals and memory, but no network. */
const QUIET = [
  'assert',
  'async_hooks',
  'buffer',
  'crypto',
  'events',
  'fs',
  'fs/promises',
  'os',
  'path',
  'process',
  'readline',
  'readline/promises',
  'stream',
  'stream/promises',
  'string_decoder',
  'timers',
  'timers/promises',
  'tty',
  'url',
  'util',
  'worker_threads',
  'zlib',
] as const;

/** Node's modules that talk to a network, or hand out a way to. */
export const NETWORK_MODULES: readonly string[] = [
  'cluster',
  'dgram',
  'diagnostics_channel',
  'dns',
  'dns/promises',
  'http',
  'http2',
  'https',
  'inspector',
  'inspector/promises',
  'net',
  'quic',
  'repl',
  'tls',
];

const neutral = (
  rooms: readonly string[],
  npm: readonly string[],
  typesOf: readonly string[] = [],
): Room => ({
  rooms,
  npm,
  typesOf,
  builtins: [],
  globals: 'neutral',
});

const PACKAGES: Readonly<Record<string, Room>> = {
  'packages/codec': neutral([], ['@noble/ed25519', '@noble/hashes']),
  'packages/merkle': neutral(['codec'], []),
  'packages/diff': neutral(['codec'], []),
  'packages/sql': neutral(['codec'], ['libpg-query', 'sqlite3-parser']),
  'packages/policy': neutral(['codec', 'sql'], ['@marcbachmann/cel-js', 'yaml']),
  'packages/messages': neutral(['codec', 'merkle'], [], ['diff']),
  'packages/ledger': neutral(['codec', 'merkle', 'messages'], []),
  'packages/frames': neutral(['codec'], ['fflate', 'qr', 'zxing-wasm']),
  'packages/wording': neutral(['codec', 'messages', 'diff', 'sql'], [], ['policy']),
  'packages/keys': neutral(['codec'], ['@noble/ciphers', '@noble/hashes', 'age-encryption']),
  'packages/program': {
    rooms: ['codec', 'keys', 'frames', 'wording'],
    npm: ['commander', 'libpg-query', 'pngjs', 'zxing-wasm'],
    builtins: [...QUIET, 'v8'],
    globals: 'node',
    offline: true,
  },
  'packages/camera': {
    rooms: ['frames'],
    npm: ['fflate'],
    builtins: [],
    globals: 'page',
    offline: true,
  },
  'packages/targets': {
    rooms: ['codec', 'diff', 'sql'],
    npm: ['better-sqlite3', 'mysql2', 'pg'],
    builtins: [...QUIET, 'child_process', 'net', 'sqlite', 'tls'],
    globals: 'node',
  },
};

const EVERY_PACKAGE = Object.keys(PACKAGES).map((path) => path.slice('packages/'.length));

const APPS: Readonly<Record<string, Room>> = {
  'apps/executor': {
    rooms: EVERY_PACKAGE,
    npm: [
      '@modelcontextprotocol/server',
      '@open-policy-agent/opa-wasm',
      '@opentelemetry/api',
      '@opentelemetry/exporter-trace-otlp-http',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-trace',
      'better-sqlite3',
      'commander',
      'fastify',
      'jose',
      'nodemailer',
      'typebox',
      'yaml',
      'zod',
    ],
    builtins: [...QUIET, 'child_process', 'dns/promises', 'http', 'https', 'module', 'net', 'sqlite', 'tls'],
    globals: 'node',
  },
  'apps/approver': {
    rooms: [
      'codec',
      'merkle',
      'diff',
      'sql',
      'policy',
      'messages',
      'frames',
      'camera',
      'wording',
      'keys',
      'program',
    ],
    npm: ['commander', 'fflate', 'libpg-query'],
    builtins: QUIET,
    globals: 'node',
    offline: true,
  },
  'apps/auditor': {
    rooms: ['codec', 'merkle', 'diff', 'messages', 'ledger', 'policy', 'wording', 'keys', 'program'],
    npm: ['commander'],
    builtins: QUIET,
    globals: 'node',
    offline: true,
  },
};

/** What stands around the product: it may import any package, and what the root's package.json declares. */
const around = (npm: readonly string[], beside: readonly string[]): Room => ({
  rooms: EVERY_PACKAGE,
  npm,
  builtins: ['*'],
  globals: 'node',
  beside,
});

const ORACLES = [
  '@modelcontextprotocol/client',
  'ajv',
  'better-sqlite3',
  'cbor-x',
  'cborg',
  'fast-check',
  'mysql2',
  'node-sql-parser',
  'pngjs',
  'qrcode',
  'vitest',
  'yaml',
];

/** What our frames are measured against. */
const PEERS = ['@ngraveio/bc-ur', 'bbqr', 'luby-transform', 'raptorq'];

/** What our readers of SQL are measured against. */
const SQL_PEERS = ['@guanmingchiu/sqlparser-ts', '@polyglot-sql/sdk'];

const AROUND: Readonly<Record<string, Room>> = {
  // What readers copy: it knows of the product what everybody does, its commands.
  examples: {
    rooms: [],
    npm: ['@modelcontextprotocol/client'],
    builtins: ['crypto', 'fs', 'process'],
    globals: 'node',
  },
  scripts: around(
    ['esbuild', 'fflate', 'typescript', 'vitest', 'yaml'],
    ['apps/approver/src/page/catalogue'],
  ),
  test: around(
    [...ORACLES, 'axe-core', 'esbuild', 'playwright-core'],
    ['scripts', 'apps', 'packages/*/test'],
  ),
  bench: around(
    [
      ...ORACLES,
      ...PEERS,
      ...SQL_PEERS,
      'esbuild',
      'jsqr',
      'libpg-query',
      'pg',
      'playwright-core',
      'sqlite3-parser',
    ],
    ['scripts', 'test', 'apps', 'packages/*/test'],
  ),
};

export const ROOMS: Readonly<Record<string, Room>> = { ...PACKAGES, ...APPS, ...AROUND };

/** A workspace's own tests: any room, any of Node's modules, its own packages and the oracles, the slow models. */
export function testsOf(room: Room): Room {
  return around([...room.npm, ...ORACLES], ['test', 'scripts']);
}

/** Files that lie in no room on purpose. */
export const OUTSIDE: readonly string[] = ['packages/neutral.d.ts', 'vitest.config.ts', 'eslint.config.mjs'];
