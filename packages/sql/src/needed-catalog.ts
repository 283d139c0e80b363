import type { Catalog } from './catalog.ts';
import { classifyTexts } from './classify.ts';
import type { Dialect, Facts } from './facts.ts';

/** What was read with a catalogue, and the part of it that was asked. */
export interface Reading {
  readonly facts: Facts;
  /** Reading the same texts with this alone gives the same facts. */
  readonly catalog: Catalog;
}

/**
 * Reads texts as `classifyTexts` does and keeps what of the catalogue the reading asked for: the tables, views and functions
 * that the texts reach, with the triggers on those tables. It is what another machine needs to read them again.
 */
export function classifyWithNeeds(texts: readonly string[], dialect: Dialect, catalog: Catalog): Reading {
  const tables = new Asked(catalog.tables);
  const functions = catalog.functions === undefined ? undefined : new Asked(catalog.functions);
  const types = catalog.types === undefined ? undefined : new Asked(catalog.types);
  const { operators } = catalog;
  const named = operators === undefined ? undefined : new AskedNames(operators);
  const facts = classifyTexts(texts, dialect, {
    ...catalog,
    tables,
    ...(functions === undefined ? {} : { functions }),
    ...(types === undefined ? {} : { types }),
    ...(named === undefined ? {} : { operators: named }),
  });
  const needed: Catalog = {
    ...catalog,
    tables: tables.found(),
    triggers: catalog.triggers.filter(({ table }) => tables.asked.has(table)),
    ...(functions === undefined ? {} : { functions: functions.found() }),
    ...(types === undefined ? {} : { types: types.found() }),
    ...(named === undefined ? {} : { operators: named.found() }),
  };
  return { facts, catalog: needed };
}

/** A map that remembers which of its keys were asked for. */
class Asked<V> extends Map<string, V> {
  readonly asked = new Set<string>();

  override get(key: string): V | undefined {
    this.asked.add(key);
    return super.get(key);
  }

  override has(key: string): boolean {
    this.asked.add(key);
    return super.has(key);
  }

  found(): ReadonlyMap<string, V> {
    return new Map([...this].filter(([key]) => this.asked.has(key)));
  }
}

class AskedNames extends Set<string> {
  readonly asked = new Set<string>();

  override has(name: string): boolean {
    this.asked.add(name);
    return super.has(name);
  }

  found(): ReadonlySet<string> {
    return new Set([...this].filter((name) => this.asked.has(name)));
  }
}
