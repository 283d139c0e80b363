import { createHash } from 'node:crypto';
import type { Hash } from '@countersign/diff';
import type { PostgresSession } from './session.ts';

/** One object of the schema: its kind, its name in full, and the text that makes it. */
export interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly text: string;
  /** The engine's own number of it: of no meaning in another database, and never shown. */
  readonly place: { readonly catalog: string; readonly oid: string };
}

const outside = (schema: string): string =>
  `${schema} NOT IN ('pg_catalog', 'information_schema', '_countersign') AND ${schema} !~ '^pg_(toast|temp)'`;

/** Kind, name and text of every object; a text is one line of facts where the engine has no CREATE text. */
const objects = `
  SELECT 'table', pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.json_build_array(c.relkind, c.relpersistence,
    c.relrowsecurity, c.relforcerowsecurity, c.reloptions, pg_catalog.pg_get_partkeydef(c.oid),
    pg_catalog.pg_get_expr(c.relpartbound, c.oid),
    (SELECT pg_catalog.json_agg(pg_catalog.format('%I.%I', pn.nspname, p.relname) ORDER BY i.inhseqno) FROM pg_catalog.pg_inherits i
      JOIN pg_catalog.pg_class p ON p.oid = i.inhparent JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
      WHERE i.inhrelid = c.oid),
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
        a.attnotnull, a.attidentity, a.attgenerated, a.attcollation::pg_catalog.regcollation::text,
        pg_catalog.pg_get_expr(d.adbin, d.adrelid)) ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))::text, 'pg_class', c.oid
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'm') AND ${outside('n.nspname')}
  UNION ALL SELECT 'view', pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.pg_get_viewdef(c.oid) || coalesce((SELECT pg_catalog.string_agg(
      pg_catalog.format(E'\\ndefault of %I %s', a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid)), '' ORDER BY a.attnum)
      FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.adrelid = c.oid), ''), 'pg_class', c.oid
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm') AND ${outside('n.nspname')}
  UNION ALL SELECT 'index', pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.pg_get_indexdef(c.oid) || ' valid ' || i.indisvalid, 'pg_class', c.oid
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${outside('n.nspname')}
  UNION ALL SELECT 'constraint', pg_catalog.format('%I.%I %s %s', n.nspname, k.conname, k.conrelid::pg_catalog.regclass, k.contypid::pg_catalog.regtype),
    pg_catalog.pg_get_constraintdef(k.oid) || ' valid ' || k.convalidated || coalesce((SELECT pg_catalog.string_agg(
      pg_catalog.format(E'\ntrigger %s on %s %s', t.tgfoid::pg_catalog.regproc, t.tgrelid::pg_catalog.regclass, CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'on replicas only' ELSE 'always' END), '' ORDER BY t.tgfoid::pg_catalog.regproc::text, t.tgrelid::pg_catalog.regclass::text)
      FROM pg_catalog.pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgisinternal AND t.tgenabled <> 'O'), ''), 'pg_constraint', k.oid
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace WHERE ${outside('n.nspname')}
  UNION ALL SELECT 'trigger', pg_catalog.format('%s %I', t.tgrelid::pg_catalog.regclass, t.tgname), pg_catalog.pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text, 'pg_trigger', t.oid
    FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE (NOT t.tgisinternal OR t.tgconstraint = 0) AND ${outside('n.nspname')}
  UNION ALL SELECT 'rule', pg_catalog.format('%s %I', r.ev_class::pg_catalog.regclass, r.rulename), pg_catalog.pg_get_ruledef(r.oid) || ' ' || r.ev_enabled::text, 'pg_rewrite', r.oid
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE r.rulename <> '_RETURN' AND ${outside('n.nspname')}
  UNION ALL SELECT 'policy', pg_catalog.format('%s %I', p.polrelid::pg_catalog.regclass, p.polname), pg_catalog.json_build_array(p.polcmd, p.polpermissive,
    p.polroles::pg_catalog.regrole[], pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))::text, 'pg_policy', p.oid
    FROM pg_catalog.pg_policy p
  UNION ALL SELECT 'function', f.oid::pg_catalog.regprocedure::text, CASE WHEN f.prokind = 'a' THEN
      (SELECT (pg_catalog.to_jsonb(a) - 'aggfnoid' || pg_catalog.jsonb_build_object('aggtranstype', pg_catalog.format_type(a.aggtranstype, NULL),
        'aggmtranstype', pg_catalog.format_type(a.aggmtranstype, NULL), 'aggsortop', a.aggsortop::pg_catalog.regoperator, 'parallel', f.proparallel))::text
        FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid = f.oid)
      ELSE pg_catalog.pg_get_functiondef(f.oid) END, 'pg_proc', f.oid
    FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace WHERE ${outside('n.nspname')}
  UNION ALL SELECT 'type', t.oid::pg_catalog.regtype::text, pg_catalog.json_build_array(t.typtype, CASE WHEN t.typtype = 'r' THEN
      (SELECT pg_catalog.format('%s, class %I.%I, collation %s, canonical %s, difference %s, multirange %s', pg_catalog.format_type(r.rngsubtype, NULL), cn.nspname, c.opcname,
        r.rngcollation::pg_catalog.regcollation, r.rngcanonical, r.rngsubdiff, pg_catalog.format_type(r.rngmultitypid, NULL))
        FROM pg_catalog.pg_range r JOIN pg_catalog.pg_opclass c ON c.oid = r.rngsubopc JOIN pg_catalog.pg_namespace cn ON cn.oid = c.opcnamespace WHERE r.rngtypid = t.oid)
      ELSE pg_catalog.format_type(t.typbasetype, t.typtypmod) END, t.typnotnull, t.typdefault,
    (SELECT pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))::text, 'pg_type', t.oid
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND EXISTS
      (SELECT FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c')) AND ${outside('n.nspname')}
  UNION ALL SELECT 'sequence', s.seqrelid::pg_catalog.regclass::text, pg_catalog.json_build_array(s.seqtypid::pg_catalog.regtype::text, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle)::text, 'pg_class', s.seqrelid
    FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${outside('n.nspname')} AND c.relpersistence <> 't'
  UNION ALL SELECT 'operator', o.oid::pg_catalog.regoperator::text, pg_catalog.json_build_array(o.oprcode::text, o.oprrest::text, o.oprjoin::text, o.oprcom::pg_catalog.regoperator::text, o.oprnegate::pg_catalog.regoperator::text, o.oprcanmerge, o.oprcanhash)::text, 'pg_operator', o.oid
    FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace WHERE ${outside('n.nspname')}
  UNION ALL SELECT 'cast', pg_catalog.format('%s as %s', k.castsource::pg_catalog.regtype, k.casttarget::pg_catalog.regtype),
    pg_catalog.json_build_array(k.castfunc::pg_catalog.regprocedure::text, k.castcontext, k.castmethod)::text, 'pg_cast', k.oid
    FROM pg_catalog.pg_cast k WHERE k.oid >= 16384
  UNION ALL SELECT 'event-trigger', e.evtname::text, pg_catalog.json_build_array(e.evtevent, e.evtfoid::pg_catalog.regprocedure::text, e.evtenabled, e.evttags)::text, 'pg_event_trigger', e.oid
    FROM pg_catalog.pg_event_trigger e
  UNION ALL SELECT 'extension', x.extname::text, x.extversion, 'pg_extension', x.oid FROM pg_catalog.pg_extension x
  UNION ALL SELECT 'schema', n.nspname::text, '', 'pg_namespace', n.oid FROM pg_catalog.pg_namespace n WHERE ${outside('n.nspname')}`;

/** Returns the schema, ascending by kind and name, ours left out. The session's search path is `pg_catalog` alone. */
export async function readSchema(session: PostgresSession): Promise<SchemaObject[]> {
  const { rows } = await session.query(objects);
  return rows
    .map(([type, name, text, catalog, oid]) => ({
      type: type ?? '',
      name: name ?? '',
      text: text ?? '',
      place: { catalog: catalog ?? '', oid: oid ?? '' },
    }))
    .toSorted((a, b) =>
      compare(JSON.stringify([a.type, a.name, a.text]), JSON.stringify([b.type, b.name, b.text])),
    );
}

/** SHA-256 over the schema, each object as one line of JSON. */
export function hashSchema(all: readonly SchemaObject[]): Hash {
  const sum = createHash('sha256').update('countersign postgres schema 1\n');
  for (const { type, name, text } of all) sum.update(`${JSON.stringify([type, name, text])}\n`);
  return new Uint8Array(sum.digest());
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
