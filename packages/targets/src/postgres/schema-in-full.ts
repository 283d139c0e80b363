import { readSchema } from './schema-snapshot.ts';
import type { SchemaObject } from './schema-snapshot.ts';
import { readableText } from './schema-text.ts';
import type { PostgresSession } from './session.ts';

/** Objects that the fingerprint of a schema leaves out: rights by default, accounts, databases and their settings, statistics. */
const besides = `
  SELECT 'default rights', pg_catalog.format('of %I%s for %s', pg_catalog.pg_get_userbyid(d.defaclrole), ' in schema ' || n.nspname,
      CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' ELSE 'schemas' END),
    pg_catalog.array_to_string(d.defaclacl, E'\\n'), 'pg_default_acl', d.oid
    FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
  UNION ALL SELECT 'role', r.rolname::text, pg_catalog.concat_ws(E'\\n',
      CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolinherit THEN 'INHERIT' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
      CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolcanlogin THEN 'LOGIN' END, CASE WHEN r.rolreplication THEN 'REPLICATION' END,
      CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END, 'CONNECTION LIMIT ' || r.rolconnlimit, 'VALID UNTIL ' || r.rolvaliduntil,
      (SELECT pg_catalog.string_agg(pg_catalog.format('MEMBER OF %I (%s)', pg_catalog.pg_get_userbyid(m.roleid),
          (pg_catalog.to_jsonb(m) - 'oid' - 'roleid' - 'member' - 'grantor')::text), E'\\n' ORDER BY pg_catalog.pg_get_userbyid(m.roleid), m.grantor)
        FROM pg_catalog.pg_auth_members m WHERE m.member = r.oid)), 'pg_authid', r.oid
    FROM pg_catalog.pg_roles r
  UNION ALL SELECT 'database', b.datname::text, pg_catalog.format('connections %s, template %s, at most %s', b.datallowconn, b.datistemplate, b.datconnlimit),
    'pg_database', b.oid FROM pg_catalog.pg_database b
  UNION ALL SELECT 'settings', pg_catalog.format('of %s in %s', coalesce(pg_catalog.quote_ident(r.rolname), 'every role'),
      coalesce('database ' || pg_catalog.quote_ident(b.datname), 'every database')), pg_catalog.array_to_string(s.setconfig, E'\\n'), 'pg_db_role_setting', 0
    FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole LEFT JOIN pg_catalog.pg_database b ON b.oid = s.setdatabase
  UNION ALL SELECT 'statistics', pg_catalog.format('%I.%I', n.nspname, t.stxname), pg_catalog.pg_get_statisticsobjdef(t.oid) || ' target ' || coalesce(t.stxstattarget, -1),
    'pg_statistic_ext', t.oid FROM pg_catalog.pg_statistic_ext t JOIN pg_catalog.pg_namespace n ON n.oid = t.stxnamespace`;

/** Owners, and what the engine prints nowhere else: how rows are kept and where, what replicas and planners are told. */
const lines = `
  SELECT 'pg_class', c.oid, pg_catalog.concat_ws(E'\\n', 'owner ' || pg_catalog.pg_get_userbyid(c.relowner),
      'tablespace ' || (SELECT spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = c.reltablespace),
      CASE WHEN c.relkind IN ('r', 'm') THEN 'access method ' || (SELECT amname FROM pg_catalog.pg_am m WHERE m.oid = c.relam) END,
      CASE WHEN c.relkind IN ('r', 'p') AND c.relreplident <> 'd' THEN 'replica identity ' || c.relreplident::text END,
      CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN 'not populated' END,
      CASE WHEN c.relkind IN ('v', 'i', 'S') THEN 'options ' || c.reloptions::text END,
      CASE WHEN c.relkind = 'S' AND c.relpersistence <> 'p' THEN 'unlogged' END,
      'options of long values ' || (SELECT t.reloptions::text FROM pg_catalog.pg_class t WHERE t.oid = c.reltoastrelid),
      (SELECT pg_catalog.concat_ws(E'\\n', CASE WHEN i.indisclustered THEN 'clustered by it' END, CASE WHEN i.indisreplident THEN 'replica identity' END)
        FROM pg_catalog.pg_index i WHERE i.indexrelid = c.oid),
      (SELECT 'owned by ' || pg_catalog.format('%I.%I.%I', n.nspname, t.relname, a.attname) FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_class t ON t.oid = d.refobjid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
        WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')),
      (SELECT pg_catalog.string_agg(pg_catalog.format('column %I: %s', a.attname, pg_catalog.concat_ws(', ',
          CASE WHEN a.attstorage <> t.typstorage THEN 'storage ' || a.attstorage::text END, 'compression ' || nullif(a.attcompression::text, ''),
          'statistics ' || nullif(a.attstattarget, -1), 'options ' || a.attoptions::text,
          CASE WHEN a.attinhcount > 0 AND a.attislocal THEN 'inherited and its own' WHEN a.attinhcount > 0 THEN 'inherited' END)), E'\\n' ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND c.relkind IN ('r', 'p', 'm', 'i') AND (a.attstorage <> t.typstorage OR a.attcompression <> '' OR a.attstattarget <> -1 OR a.attoptions IS NOT NULL OR a.attinhcount > 0)))
    FROM pg_catalog.pg_class c WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'f', 'm', 'v', 'i', 'I', 'S')
  UNION ALL SELECT 'pg_proc', oid, 'owner ' || pg_catalog.pg_get_userbyid(proowner) FROM pg_catalog.pg_proc WHERE oid >= 16384
  UNION ALL SELECT 'pg_type', oid, 'owner ' || pg_catalog.pg_get_userbyid(typowner) FROM pg_catalog.pg_type WHERE oid >= 16384
  UNION ALL SELECT 'pg_namespace', oid, 'owner ' || pg_catalog.pg_get_userbyid(nspowner) FROM pg_catalog.pg_namespace
  UNION ALL SELECT 'pg_operator', oid, 'owner ' || pg_catalog.pg_get_userbyid(oprowner) FROM pg_catalog.pg_operator WHERE oid >= 16384
  UNION ALL SELECT 'pg_database', oid, 'owner ' || pg_catalog.pg_get_userbyid(datdba) FROM pg_catalog.pg_database
  UNION ALL SELECT 'pg_statistic_ext', oid, 'owner ' || pg_catalog.pg_get_userbyid(stxowner) FROM pg_catalog.pg_statistic_ext
  UNION ALL SELECT 'pg_event_trigger', oid, 'owner ' || pg_catalog.pg_get_userbyid(evtowner) FROM pg_catalog.pg_event_trigger
  UNION ALL SELECT 'pg_extension', oid, pg_catalog.format('owner %s, schema %s', pg_catalog.pg_get_userbyid(extowner), extnamespace::regnamespace) FROM pg_catalog.pg_extension
  UNION ALL SELECT 'pg_extension', d.refobjid, pg_catalog.format('%s %s %s', CASE d.deptype WHEN 'e' THEN 'member' ELSE 'needed by' END, i.type, i.identity)
    FROM pg_catalog.pg_depend d, pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) i WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype IN ('e', 'x')
  UNION ALL SELECT CASE WHEN t.oid IS NULL THEN d.classoid::regclass::text ELSE 'pg_type' END, coalesce(t.reltype, d.objoid),
      'comment' || CASE WHEN d.objsubid = 0 THEN '' ELSE ' on column ' || (SELECT attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = d.objoid AND a.attnum = d.objsubid) END
        || ' ' || pg_catalog.to_json(d.description)
    FROM pg_catalog.pg_description d LEFT JOIN pg_catalog.pg_class t ON d.classoid = 'pg_class'::regclass AND t.oid = d.objoid AND t.relkind = 'c'
    WHERE d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass
  UNION ALL SELECT d.classoid::regclass::text, d.objoid, 'comment ' || pg_catalog.to_json(d.description) FROM pg_catalog.pg_shdescription d`;

/** Rights that somebody gave or took: those that the engine gives by itself are left out on both sides. */
const rights = `
  WITH has(catalog, oid, what, list, usual) AS (
    SELECT 'pg_class', c.oid, '', c.relacl, pg_catalog.acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner) FROM pg_catalog.pg_class c WHERE c.relacl IS NOT NULL AND c.oid >= 16384
    UNION ALL SELECT 'pg_class', a.attrelid, ' of column ' || pg_catalog.quote_ident(a.attname), a.attacl, '{}'::aclitem[] FROM pg_catalog.pg_attribute a WHERE a.attacl IS NOT NULL AND a.attrelid >= 16384
    UNION ALL SELECT 'pg_proc', oid, '', proacl, pg_catalog.acldefault('f', proowner) FROM pg_catalog.pg_proc WHERE proacl IS NOT NULL AND oid >= 16384
    UNION ALL SELECT 'pg_type', oid, '', typacl, pg_catalog.acldefault('T', typowner) FROM pg_catalog.pg_type WHERE typacl IS NOT NULL AND oid >= 16384
    UNION ALL SELECT 'pg_namespace', oid, '', nspacl, pg_catalog.acldefault('n', nspowner) FROM pg_catalog.pg_namespace WHERE nspacl IS NOT NULL
    UNION ALL SELECT 'pg_database', oid, '', datacl, pg_catalog.acldefault('d', datdba) FROM pg_catalog.pg_database WHERE datacl IS NOT NULL),
  single AS (
    SELECT h.catalog, h.oid, h.what, 'granted' AS verb, e.* FROM has h, pg_catalog.aclexplode(h.list) e
      WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(h.usual) u WHERE (u.grantee, u.privilege_type, u.is_grantable) = (e.grantee, e.privilege_type, e.is_grantable))
    UNION ALL SELECT h.catalog, h.oid, h.what, 'revoked', e.* FROM has h, pg_catalog.aclexplode(h.usual) e
      WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(h.list) u WHERE (u.grantee, u.privilege_type) = (e.grantee, e.privilege_type)))
  SELECT catalog, oid, pg_catalog.format('%s %s%s %s %s%s, by %s', verb, pg_catalog.string_agg(privilege_type, ', ' ORDER BY privilege_type), what,
      CASE verb WHEN 'granted' THEN 'to' ELSE 'from' END, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(grantee)::text END,
      CASE WHEN is_grantable AND verb = 'granted' THEN ' with grant option' END, pg_catalog.pg_get_userbyid(grantor))
    FROM single GROUP BY catalog, oid, verb, what, grantee, grantor, is_grantable`;

/**
 * Returns every object of the schema with its text, owner, rights and comments. The session's search path is `pg_catalog` alone.
 * Numbers that the engine makes up stand in no text.
 */
export async function readSchemaInFull(session: PostgresSession): Promise<SchemaObject[]> {
  const notes = new Map<string, string[]>();
  for (const text of [lines, rights]) {
    for (const [catalog, oid, line] of (await session.query(text)).rows) {
      const key = `${catalog ?? ''} ${oid ?? ''}`;
      notes.set(key, [...(notes.get(key) ?? []), ...(line ?? '').split('\n').filter((one) => one !== '')]);
    }
  }
  const base = await readSchema(session);
  const more = (await session.query(besides)).rows.map(([type, name, text, catalog, oid]): SchemaObject => ({
    type: type ?? '',
    name: name ?? '',
    text: text ?? '',
    place: { catalog: catalog ?? '', oid: oid ?? '' },
  }));
  const tables = new Set(base.filter(({ type }) => type === 'table').map(({ place }) => place.oid));
  return [...base, ...more].map((one) => {
    // The query of a materialized view stands beside its table, which has the notes.
    const own = !(one.type === 'view' && tables.has(one.place.oid));
    const found = own ? (notes.get(`${one.place.catalog} ${one.place.oid}`) ?? []).toSorted() : [];
    return { ...one, text: [readableText(one), ...found].join('\n') };
  });
}
