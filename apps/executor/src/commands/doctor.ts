import { existsSync, statfsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { toHex } from '@countersign/codec';
import { checkPolicy, checkScopes } from '@countersign/policy';
import { ExitCode, failureOf, formatTime, type Output, type Implementation } from '@countersign/program';
import { formatQuantity } from '@countersign/wording';
import { emergenciesSince } from '../stages/emergency.ts';
import { backlogs } from '../store/notification.ts';
import type { World } from '../world.ts';
import { rosterRoles } from './policy.ts';
import { regoFindings } from './rego-findings.ts';
import { tagFaults } from './target.ts';
import { inHome } from './session.ts';

/** One thing that was looked at. */
interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'error';
  readonly message: string;
  readonly hint?: string;
}

const freeBytesMin = 64 * 1024 * 1024;

/** `doctor`: looks at everything that can be wrong, and says how to mend it. */
export const doctor: Implementation = inHome(async ({ world, run: { output } }) => {
  const findings = [
    ...keyFindings(world),
    ...guarded('roster', () => rosterFindings(world)),
    ...guarded('policy', () => policyFindings(world)),
    ...guarded('clock', () => [{ check: 'clock', level: 'ok' as const, message: formatTime(world.clock()) }]),
    ...diskFindings(world),
    ...stuckFindings(world),
    ...givenUpFindings(world),
    ...emergencyFindings(world),
    ...(await targetFindings(world)),
    ...(await askedRego(world)),
  ];
  const worst = findings.some(({ level }) => level === 'error');
  const said = worst ? { message: 'something is wrong', hint: 'mend what the findings name' } : {};
  output.document({ code: worst ? 'doctor/unsound' : 'doctor/sound', ...said, findings });
  for (const finding of findings) show(output, finding);
  return worst ? ExitCode.usage : ExitCode.done;
});

function show(output: Output, { level, check, message, hint }: Finding): void {
  const { colours } = output;
  const paint = { ok: colours.green, warning: colours.yellow, error: colours.red }[level];
  output.line(`${paint(level.padEnd(8))} ${check.padEnd(10)} ${message}`);
  if (hint !== undefined) output.line(`${' '.repeat(20)}${colours.dim(hint)}`);
}

/** Turns whatever a check throws into a finding of its own. */
function guarded(check: string, look: () => readonly Finding[]): readonly Finding[] {
  try {
    return look();
  } catch (thrown) {
    return [failed(check, thrown)];
  }
}

async function askedRego(world: World): Promise<readonly Finding[]> {
  try {
    return await regoFindings(world);
  } catch (thrown) {
    return [failed('rego', thrown)];
  }
}

function failed(check: string, thrown: unknown): Finding {
  const { message, code, hint } = failureOf(thrown);
  return { check, level: 'error', message: `${message} [${code}]`, ...(hint === undefined ? {} : { hint }) };
}

function keyFindings({ paths, configuration, chain, origin, signer }: World): readonly Finding[] {
  const findings: Finding[] = [];
  const rootKey = resolve(paths.keys, 'root-1.cskey');
  if (existsSync(rootKey)) {
    findings.push({
      check: 'keys',
      level: 'warning',
      message: 'the private root key is still on this machine',
      hint: `move ${rootKey} to a safe place off it`,
    });
  }
  const mode = statSync(paths.directory).mode & 0o077;
  if (mode !== 0)
    findings.push({
      check: 'keys',
      level: 'error',
      message: 'others may look into the home',
      hint: `chmod 700 ${paths.directory}`,
    });
  const named = chain().current.executorKey(origin);
  const own = named !== undefined && Buffer.compare(named, signer.publicKey) === 0;
  findings.push(
    own
      ? { check: 'keys', level: 'ok', message: `the executor key is the roster's for ${origin}` }
      : {
          check: 'keys',
          level: 'error',
          message: `the roster names another executor key for ${origin}`,
          hint: 'install a roster with this key, or restore the key',
        },
  );
  if (configuration.executorPassphrase === undefined) {
    findings.push({
      check: 'keys',
      level: 'warning',
      message: 'the executor key is not encrypted',
      hint: 'only the file mode protects it; executor.passphrase in countersign.yaml can name a secret',
    });
  }
  return findings;
}

function rosterFindings({ chain }: World): readonly Finding[] {
  const { roster } = chain().current;
  const submitters = roster.persons.filter((person) => chain().current.permits(person, 'submit'));
  const approvers = roster.persons.filter((person) => chain().current.permits(person, 'approve'));
  const counts = `roster ${roster.number}: ${submitters.length} may submit, ${approvers.length} may approve`;
  return [
    approvers.length === 0
      ? {
          check: 'roster',
          level: 'error',
          message: `${counts}: nothing can ever be approved`,
          hint: 'countersign roster show --yaml, add people, then propose, sign and install',
        }
      : { check: 'roster', level: 'ok', message: counts },
  ];
}

function policyFindings(world: World): readonly Finding[] {
  const { current } = world.chain();
  const findings = [
    ...checkPolicy(world.policy(), rosterRoles(current)),
    ...checkScopes(world.policy().scopes, current.roster.persons),
  ];
  if (findings.length === 0)
    return [
      {
        check: 'policy',
        level: 'ok',
        message: `${world.policy().rules.length} rules, every quorum can be reached`,
      },
    ];
  return findings.map(({ rule, message, code }) => ({
    check: 'policy',
    level: code === 'rule-unreachable' || code === 'rule-never' ? ('warning' as const) : ('error' as const),
    message: `${rule}: ${message}`,
  }));
}

function diskFindings({ paths }: World): readonly Finding[] {
  const { bavail, bsize } = statfsSync(paths.directory);
  const free = bavail * bsize;
  const text = `${Math.floor(free / 1_048_576)} MiB free for the ledger`;
  return [
    free < freeBytesMin
      ? {
          check: 'disk',
          level: 'error',
          message: text,
          hint: 'with a full disk nothing can be recorded, and then nothing runs',
        }
      : { check: 'disk', level: 'ok', message: text },
  ];
}

function stuckFindings({ store }: World): readonly Finding[] {
  const stuck = [...store.requests('running', 100), ...store.requests('ambiguous', 100)];
  return stuck.map(({ id, state }) => ({
    check: 'requests',
    level: 'warning' as const,
    message: `request ${Buffer.from(id).toString('hex')} is ${state}`,
    hint: 'countersign run asks the target first whether it ran',
  }));
}

/** Messages that nobody got and nobody will: whoever relies on a channel must learn it elsewhere. */
function givenUpFindings({ store }: World): readonly Finding[] {
  const channels = backlogs(store).filter(({ givenUp }) => givenUp > 0);
  return channels.map(({ channel, givenUp, failure }) => ({
    check: 'notify',
    level: 'warning' as const,
    message: `${channel}: ${formatQuantity(givenUp, 'message')} given up, ${failure ?? ''}`,
    hint: `mend the channel, then try it with \`countersign notify --test ${channel}\`; what was given up is not sent again`,
  }));
}

const emergencySeconds = 30 * 86_400;
const emergenciesShown = 5;

/** Emergencies that were declared lately: each is somebody's to look into. */
function emergencyFindings({ store, clock }: World): readonly Finding[] {
  const found = emergenciesSince(store, clock() - emergencySeconds);
  if (found.length === 0) return [];
  const named = found
    .slice(0, emergenciesShown)
    .map(
      ({ id, submitter, target, state }) =>
        `${toHex(id).slice(0, 8)} by ${submitter} on ${target} (${state})`,
    );
  const more = found.length > named.length ? [`and ${found.length - named.length} more`] : [];
  const count = formatQuantity(found.length, 'emergency', 'emergencies');
  return [
    {
      check: 'emergency',
      level: 'warning',
      message: `${count} declared in the last 30 days: ${[...named, ...more].join(', ')}`,
      hint: '`countersign show` says why each was declared; `countersign-audit verify` lists them all',
    },
  ];
}

async function targetFindings(world: World): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const name of world.configuration.targets.keys()) {
    try {
      const target = world.target(name);
      const found = await target.inspect();
      const { identity, version, warnings, engine } = found;
      const account = await target.requireReadAccount();
      findings.push(
        identity === null
          ? {
              check: 'target',
              level: 'error',
              message: `${name} is not prepared`,
              hint: `countersign target prepare ${name}`,
            }
          : { check: 'target', level: 'ok', message: `${name}: ${engine} ${version}` },
        ...[...warnings, ...account].map((message) => ({
          check: 'target',
          level: 'warning' as const,
          message: `${name}: ${message}`,
        })),
        ...tagFaults(world, name, found).map((message) => ({
          check: 'target',
          level: 'error' as const,
          message: `${name}: ${message}`,
          hint: 'mend tags in the policy; until then every rule that looks at them denies',
        })),
      );
    } catch (thrown) {
      findings.push(failed('target', thrown));
    }
  }
  if (findings.length === 0)
    findings.push({
      check: 'target',
      level: 'warning',
      message: 'there is no target',
      hint: 'add one to countersign.yaml',
    });
  return findings;
}
