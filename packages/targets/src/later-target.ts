import type { TrustedFunction } from '@countersign/sql';
import type {
  DryRun,
  DryRunLimits,
  Engine,
  MarkerState,
  PreparationStep,
  ReadLimits,
  ReadResult,
  RunJob,
  RunOutcome,
  Statement,
  Target,
  TargetFacts,
} from './target.ts';

/** A target whose engine's code is loaded at the first call: most commands never touch a database. */
export class LaterTarget implements Target {
  readonly name: string;
  readonly engine: Engine;
  readonly #load: () => Promise<Target>;
  #loaded: Promise<Target> | undefined;

  constructor(name: string, engine: Engine, load: () => Promise<Target>) {
    this.name = name;
    this.engine = engine;
    this.#load = load;
  }

  /** What fails here fails again, and is told, at the call that needs it. */
  warm(): void {
    this.#target().then(
      (target) => {
        target.warm();
      },
      () => undefined,
    );
  }

  async inspect(): Promise<TargetFacts> {
    return (await this.#target()).inspect();
  }

  async glance(): Promise<TargetFacts | undefined> {
    return (await this.#target()).glance();
  }

  async prepare(): Promise<void> {
    return (await this.#target()).prepare();
  }

  async preparation(): Promise<readonly PreparationStep[]> {
    return (await this.#target()).preparation();
  }

  async requireReadAccount(): Promise<readonly string[]> {
    return (await this.#target()).requireReadAccount();
  }

  async requireReads(statements: readonly Statement[], trusted?: readonly TrustedFunction[]): Promise<void> {
    return (await this.#target()).requireReads(statements, trusted);
  }

  async read(
    statements: readonly Statement[],
    limits?: Partial<ReadLimits>,
    trusted?: readonly TrustedFunction[],
  ): Promise<ReadResult> {
    return (await this.#target()).read(statements, limits, trusted);
  }

  async rowCounts(tables?: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return (await this.#target()).rowCounts(tables);
  }

  async tablesParentsFirst(): Promise<readonly string[]> {
    return (await this.#target()).tablesParentsFirst();
  }

  async dryRun(statements: readonly Statement[], limits?: Partial<DryRunLimits>): Promise<DryRun> {
    return (await this.#target()).dryRun(statements, limits);
  }

  async run(job: RunJob): Promise<RunOutcome> {
    return (await this.#target()).run(job);
  }

  async marker(requestId: Uint8Array): Promise<MarkerState> {
    return (await this.#target()).marker(requestId);
  }

  async close(): Promise<void> {
    const target = await this.#loaded?.catch(() => undefined);
    await target?.close();
  }

  #target(): Promise<Target> {
    this.#loaded ??= this.#load();
    return this.#loaded;
  }
}
