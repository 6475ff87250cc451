#!/usr/bin/env node
// The HTTP contract of an Event Manager, as one runnable list. Node 20, no dependencies.
// node http-contract.mjs http://127.0.0.1:8001 [--allow-purge] [--only ID|PREFIX*] [--rl URL] [--verbose]
// --rl URL: a second server that does NOT exempt loopback, short window 5/1 s, small long window (C76-C79).
// Exit 0 when every hard case passes. Skipped cases are named on stderr.
import http from 'node:http';
import zlib from 'node:zlib';

const argv = process.argv.slice(2), opt = { only: null, rl: null };
for (let i = 0; i < argv.length; i++) {
  const a = argv[i];
  if (a === '--allow-purge' || a === '--verbose') opt[a.slice(2)] = true;
  else if (a === '--only') opt.only = argv[++i].split(',');
  else if (a === '--rl') opt.rl = argv[++i].replace(/\/$/, '');
  else if (/^https?:/.test(a)) opt.base = a.replace(/\/$/, '');
  else { console.error(`unknown argument ${a}`); process.exit(2); }
}
if (!opt.base) { console.error('usage: node http-contract.mjs http://127.0.0.1:8001 [--allow-purge] [--only ID] [--rl URL]'); process.exit(2); }
for (const u of [opt.base, opt.rl].filter(Boolean)) if (!/^(127\.|localhost$|\[::1\]$)/.test(new URL(u).hostname)) { console.error('loopback only'); process.exit(2); }

// ---------- helpers ----------
class Fail extends Error { constructor(expected, got) { super('fail'); this.expected = expected; this.got = got; } }
const str = x => { if (typeof x === 'string') return x; try { return JSON.stringify(x) ?? String(x); } catch { return String(x); } };
const fail = (expected, got) => { throw new Fail(str(expected), str(got)); };
const ok = (cond, expected, got) => { if (!cond) fail(expected, got); };
function same(a, b) {
  if (Object.is(a, b) || a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
  const ka = Object.keys(a), kb = Object.keys(b);
  return ka.length === kb.length && ka.every(k => Object.hasOwn(b, k) && same(a[k], b[k]));
}
const eq = (got, exp, what = '') => ok(same(got, exp), `${what} ${str(exp)}`.trim(), got);
const set = (got, exp, what = '') => eq([...got].sort(), [...exp].sort(), what);
const has = (got, list, what) => ok(list.includes(got), `${what} one of ${list}`, got);

const agent = new http.Agent({ keepAlive: true, maxSockets: 48 });
function req(method, path, { body, headers = {}, base = opt.base, timeout = 30000 } = {}) {
  return new Promise((res, rej) => {
    const go = retry => {
      const u = new URL(base);
      const r = http.request({ agent, host: u.hostname.replace(/[[\]]/g, ''), port: u.port || 80, method, path: (u.pathname === '/' ? '' : u.pathname) + path, headers: body === undefined ? headers : { 'content-length': Buffer.byteLength(body), ...headers } }, m => {
        const c = []; m.on('data', d => c.push(d)); m.on('error', rej);
        m.on('end', () => { const t = Buffer.concat(c).toString('utf8'); let j; try { j = JSON.parse(t); } catch { /* not JSON */ } res({ s: m.statusCode, h: m.headers, t, j }); });
      });
      r.setTimeout(timeout, () => r.destroy(new Error(`no answer to ${method} ${path.slice(0, 60)} within ${timeout} ms`)));
      r.on('error', e => (r.reusedSocket && retry && /ECONNRESET|EPIPE/.test(e.code) ? go(false) : rej(e)));
      r.end(body);
    };
    go(true);
  });
}
const J = { 'content-type': 'application/json' };
const get = (p, o) => req('GET', p, o);
const send = (p, v, o = {}) => req('POST', p, { body: typeof v === 'string' || Buffer.isBuffer(v) ? v : JSON.stringify(v), headers: { ...J, ...o.headers }, ...(o.base ? { base: o.base } : {}) });
const B32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ', b32 = (n, len) => { let s = ''; while (len--) { s = B32[n % 32] + s; n = Math.floor(n / 32); } return s; };
const RUN = b32(Math.floor(Math.random() * 2 ** 40), 8); let seq = 0;
const ulid = () => b32(Date.now(), 10) + RUN + b32(Math.floor(Math.random() * 1024) * 2 ** 25 + seq++, 8);
const mark = () => `cf-${RUN}-${seq++}`;
const two = n => String(n).padStart(2, '0');
const naive = ms => new Date(ms).toISOString().slice(0, 19);
const zulu = ms => naive(ms) + 'Z';
/** A private hour between 2031 and 2091, so that other data never shows up in time-windowed lists. */
const win = () => Date.UTC(2031, 0, 1) + Math.floor(Math.random() * 525000) * 3600e3;
const isTextDay = Math.floor(Math.random() * 300) * 86400e3; // a private stretch of 1971 for before_date
let early = Date.UTC(1971, 0, 2) + isTextDay;
const ev = (o = {}) => ({ event_id: ulid(), event_type: 'test', log_level: 20, alert: false, event_timestamp: naive(Date.now()), source: {}, event_data: {}, trace_id: null, span_id: null, archived: false, archived_at: null, ...o });
async function put(o) { const e = ev(o), r = await send('/event', e); ok(r.s === 200 && r.j, '200 on POST /event', `${r.s} ${r.t}`); return { ...e, out: r.j }; }
const byId = async id => { const r = await get('/event/' + encodeURIComponent(id)); ok(r.s === 200 && r.j, `200 on GET /event/${id}`, `${r.s} ${r.t}`); return r.j; };
const qs = o => Object.entries(o).map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join('&');
async function list(o) { const r = await get('/events?' + qs(o)); ok(r.s === 200 && r.j && !Array.isArray(r.j), `200 object on GET /events?${qs(o)}`, `${r.s} ${r.t}`); return r.j; }
async function query(sel) { const r = await send('/events/query', sel); ok(r.s === 200 && r.j && !Array.isArray(r.j), `200 object for selector ${str(sel)}`, `${r.s} ${r.t}`); return r.j; }
async function pool(n, k, f) { const out = []; let i = 0; await Promise.all(Array.from({ length: k }, async () => { while (i < n) { const x = i++; out[x] = await f(x); } })); return out; }
const isJson = r => /json/.test(r.h['content-type'] || '') && r.j !== undefined;
function err422(r, type, loc) {
  ok(r.s === 422 && Array.isArray(r.j?.detail) && r.j.detail.length > 0, `422 with detail[] (${type || 'any'} at ${str(loc)})`, `${r.s} ${r.t}`);
  for (const d of r.j.detail) ok(typeof d.type === 'string' && Array.isArray(d.loc) && typeof d.msg === 'string' && 'input' in d, 'detail items with type, loc, msg, input', d);
  const d = r.j.detail;
  if (loc) ok(d.some(x => same(x.loc, loc)), `loc ${str(loc)}`, d.map(x => x.loc));
  if (type) ok(d.some(x => x.type === type), `type ${type}`, d.map(x => x.type));
}
const client4xx = r => ok(r.s >= 400 && r.s < 500 && isJson(r) && 'detail' in r.j, '4xx JSON with detail', `${r.s} ${r.h['content-type']} ${r.t}`);
const archive = async b => { const r = await send('/events/archive', b); ok(r.s === 200, '200 on archive', `${r.s} ${r.t}`); return r.j; };
const ULID_OK = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const FIELDS = ['_id', 'event_type', 'log_level', 'alert', 'event_timestamp', 'source', 'event_data', 'trace_id', 'span_id', 'archived', 'archived_at'];

// ---------- cases ----------
const cases = [];
const H = (id, title, run, o = {}) => cases.push({ id, hard: true, title, run, ...o });
const S = (id, title, run, o = {}) => cases.push({ id, hard: false, title, run, ...o });

H('C1', 'health is 200', async () => eq((await get('/health')).s, 200));
H('C2', 'stored event equals the sent one', async () => {
  const e = ev({ event_type: 'test', event_data: { note: 'data', m: mark() }, source: { node_id: ULID_OK, experiment_id: ulid() }, log_level: 30, trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) });
  const { event_id, ...rest } = e, want = { _id: event_id, ...rest };
  const r = await send('/event', e);
  eq(r.s, 200); eq(r.j, want, 'POST'); eq(await byId(event_id), want, 'GET');
});
H('C3', 'newest first and number', async () => {
  const m = mark(), t = win(); for (let i = 0; i < 10; i++) await put({ event_timestamp: naive(t + i * 1000), event_data: { test: i, m } });
  const v = Object.values(await list({ number: 5, start_time: naive(t), end_time: naive(t + 20e3) }));
  eq(v.map(x => x.event_data.test), [9, 8, 7, 6, 5]);
});
H('C4', 'dotted $gte selector, whole body', async () => {
  const m = mark(); for (let i = 5; i < 20; i++) await put({ event_data: { test: i, m } });
  const v = await query({ 'event_data.test': { $gte: 10 }, 'event_data.m': m });
  set(Object.values(v).map(x => x.event_data.test), [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  for (const [k, e] of Object.entries(v)) eq(e._id, k, 'keyed by _id');
});
H('C5', 'alert event is accepted promptly', async () => { const t0 = Date.now(); const e = await put({ log_level: 40, alert: true }); eq(e.out.alert, true); ok(Date.now() - t0 < 10e3, '< 10 s', Date.now() - t0); });
H('C6', 'health fields', async () => {
  const { j } = await get('/health'); for (const k of ['healthy', 'description', 'version', 'db_connected', 'total_events']) ok(k in j, `key ${k}`, Object.keys(j));
  eq([j.healthy, j.db_connected], [true, true]); ok(Number.isInteger(j.total_events) && j.total_events >= 0, 'total_events int', j.total_events); ok(typeof j.description === 'string' && j.description, 'description', j.description);
});
const three = async () => { const a = [await put(), await put(), await put()]; return a.map(x => x.event_id); };
H('C7', 'archive by ids', async () => {
  const [a, b, c] = await three(), r = await archive({ event_ids: [a, b] });
  eq(r.archived_count, 2); eq(r.message, 'Successfully archived 2 events');
  const A = await byId(a), C = await byId(c); eq(A.archived, true); ok(A.archived_at !== null, 'archived_at set', A.archived_at); eq([C.archived, C.archived_at], [false, null]);
});
H('C8', 'archive by before_date (naive)', async () => {
  const old = await put({ event_timestamp: naive(early) }), now = await put();
  const r = await archive({ before_date: naive(early + 60e3) }); ok(r.archived_count >= 1, '>= 1', r);
  eq((await byId(old.event_id)).archived, true); eq((await byId(now.event_id)).archived, false);
});
const archivedIn = async t => { const e = await put({ event_timestamp: naive(t) }), f = await put({ event_timestamp: naive(t + 1000) }); await archive({ event_ids: [e.event_id] }); return [e.event_id, f.event_id]; };
H('C9', 'archived event hidden by default', async () => { const t = win(), [, f] = await archivedIn(t); eq(Object.keys(await list({ number: 100, start_time: naive(t), end_time: naive(t + 5e3) })), [f]); });
H('C10', 'include_archived in all notations', async () => {
  const t = win(), [e, f] = await archivedIn(t);
  for (const v of ['true', '1', 'yes', 'on', 'T', 'Y', 'TRUE']) eq(Object.keys(await list({ number: 100, include_archived: v, start_time: naive(t), end_time: naive(t + 5e3) })), [f, e], v);
  for (const v of ['false', '0', 'no', 'off', 'f', 'N']) eq(Object.keys(await list({ number: 100, include_archived: v, start_time: naive(t), end_time: naive(t + 5e3) })), [f], v);
});
H('C11', '/events/archived lists archived only', async () => {
  const ids = await three(); await archive({ event_ids: ids });
  const r = await get('/events/archived?number=100'); eq(r.s, 200); ok(Object.values(r.j).every(x => x.archived === true), 'all archived', 'some not');
  for (const i of ids) ok(i in r.j, `newest archived listed (${i})`, Object.keys(r.j).slice(0, 4)); eq(Object.keys((await get('/events/archived?number=2')).j).length, 2);
});
H('C11B', '/events/archived pages are disjoint', async () => {
  const ids = []; for (let i = 0; i < 4; i++) { const e = await put(); await archive({ event_ids: [e.event_id] }); ids.push(e.event_id); await new Promise(r => setTimeout(r, 15)); }
  const p = async o => Object.keys((await get(`/events/archived?number=2&offset=${o}`)).j); eq([await p(0), await p(2)], [[ids[3], ids[2]], [ids[1], ids[0]]]);
});
H('C13', 'before_date with batch_size goes to the end', async () => {
  const a = []; for (let i = 0; i < 5; i++) a.push((await put({ event_timestamp: naive(early + i) })).event_id);
  const r = await archive({ before_date: naive(early + 60e3), batch_size: 2 }); ok(r.archived_count >= 5, '>= 5', r); for (const i of a) eq((await byId(i)).archived, true);
});
H('C14', 'POST /backup answers in JSON', async () => {
  const r = await send('/backup', { description: 'conformance' }, {}); ok(isJson(r), 'JSON', `${r.s} ${r.t}`);
  if (r.s === 200) { ok(typeof r.j.backup_path === 'string', 'backup_path', r.j); eq(r.j.status, 'completed'); } else { has(r.s, [500, 501, 503], 'status'); ok(typeof r.j.detail === 'string', 'detail text', r.j); ok(!/mongodb(\+srv)?:\/\//.test(r.t), 'no URL in the error', r.t); }
});
H('C15', 'GET /backup/status', async () => { const r = await get('/backup/status'); eq(r.s, 200); ok(typeof r.j.backup_enabled === 'boolean' && Array.isArray(r.j.available_backups), 'backup_enabled, available_backups', r.j); });
H('C16', 'offset pages are disjoint', async () => {
  const t = win(); for (let i = 0; i < 10; i++) await put({ event_timestamp: naive(t + i * 1000) });
  const p = async offset => Object.keys(await list({ number: 5, offset, start_time: naive(t), end_time: naive(t + 20e3) })), a = await p(0), b = await p(5);
  eq([a.length, b.length, new Set([...a, ...b]).size], [5, 5, 10]); eq(await p(10), []);
});
const abc = async t => { const o = []; for (const d of [0, 10, 20]) o.push((await put({ event_timestamp: naive(t + d * 60e3) })).event_id); return o; };
const at = (t, min) => naive(t + min * 60e3);
H('C17', 'start_time', async () => { const t = win(), [, , c] = await abc(t); eq(Object.keys(await list({ start_time: at(t, 15), end_time: at(t, 30) })), [c]); });
H('C18', 'end_time', async () => { const t = win(), [a] = await abc(t); eq(Object.keys(await list({ start_time: at(t, -1), end_time: at(t, 5) })), [a]); });
H('C19', 'start and end, both inclusive', async () => { const t = win(), [a, b] = await abc(t); eq(Object.keys(await list({ start_time: at(t, 5), end_time: at(t, 15) })), [b]); eq(Object.keys(await list({ start_time: at(t, 0), end_time: at(t, 10) })), [b, a], 'inclusive'); });
H('C20', 'archived_at is ISO 8601, recent', async () => {
  const e = await put(); await archive({ event_ids: [e.event_id] }); const a = (await byId(e.event_id)).archived_at;
  ok(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.test(a), 'ISO 8601', a); ok(Math.abs(Date.parse(/Z|[+-]\d\d:\d\d$/.test(a) ? a : a + 'Z') - Date.now()) < 600e3, 'within 10 min of now (UTC)', a);
});
H('C20Z', 'archived_at same on all routes and ends in Z', async () => {
  const e = await put(); await archive({ event_ids: [e.event_id] }); const a = (await byId(e.event_id)).archived_at; ok(/Z$/.test(a), '…Z', a);
  eq((await query({ _id: e.event_id }))[e.event_id].archived_at, a); eq((await get('/events/archived?number=50')).j[e.event_id]?.archived_at, a);
});
const rl = { when: !!opt.rl };
const burst = async n => { const o = []; for (let i = 0; i < n; i++) o.push(await get('/health', { base: opt.rl })); return o; };
const nap = ms => new Promise(r => setTimeout(r, ms));
H('C77', '--rl: five calls, then burst 429; both header families (C76, C77, C79, X13)', async () => {
  await nap(1200); const a = await burst(6); eq(a.map(x => x.s), [200, 200, 200, 200, 200, 429]);
  eq(a.slice(0, 5).map(x => x.h['x-ratelimit-burst-remaining']), ['4', '3', '2', '1', '0']);
  for (const k of ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'x-ratelimit-burst-limit']) ok(/^\d+$/.test(a[0].h[k] || ''), k, a[0].h);
  ok(+a[5].h['retry-after'] >= 1, 'retry-after >= 1', a[5].h['retry-after']); eq(a[5].h['x-ratelimit-burst-remaining'], '0'); ok(/^Rate limit exceeded: 5 requests per 1 seconds \(burst limit\)$/.test(a[5].j?.detail), 'burst detail', a[5].t);
}, rl);
H('C78', '--rl: long window 429 without burst words, remaining 0; CORS on 429', async () => {
  const lim = +(await burst(1))[0].h['x-ratelimit-limit']; ok(lim > 0 && lim <= 60, 'small long limit', lim); let r;
  for (let i = 0; i < lim + 2; i++) { r = await get('/health', { base: opt.rl, headers: { origin: 'http://x.test' } }); if (r.s === 429 && !/burst/.test(r.t)) break; await nap(r.s === 429 ? 1000 : 280); }
  eq(r.s, 429); ok(/^Rate limit exceeded: \d+ requests per \d+ seconds$/.test(r.j?.detail), 'long detail', r.t); eq(r.h['x-ratelimit-remaining'], '0'); ok(r.h['access-control-allow-origin'], 'CORS header', r.h);
}, rl);
H('C80', 'loopback exempt by default: no rate headers, 120 calls', async () => { const a = await pool(120, 24, () => get('/event/none-' + RUN)); ok(a.every(x => x.s === 404), 'all 404', a.find(x => x.s !== 404)?.s); ok(!('x-ratelimit-limit' in a[0].h), 'no X-RateLimit-*', a[0].h); });
H('C81', 'GET /settings', async () => { const r = await get('/settings'); eq(r.s, 200); ok(r.j.settings && typeof r.j.settings === 'object', 'key settings', r.t); });
H('C81B', '/settings?include_schema=true', async () => { const r = await get('/settings?include_schema=true&include_defaults=false'); eq(r.s, 200); ok(r.j.schema && typeof r.j.schema === 'object', 'schema', Object.keys(r.j)); eq(r.j.schema_title, 'EventManagerSettings'); err422(await get('/settings?include_schema=zz'), 'bool_parsing', ['query', 'include_schema']); });

H('X1', '{} accepted with defaults', async () => {
  const r = await send('/event', {}); eq(r.s, 200); set(Object.keys(r.j), FIELDS); ok(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(r.j._id), 'ULID', r.j._id);
  const { _id, event_timestamp, source, ...rest } = r.j; eq(rest, { event_type: 'unknown', log_level: 20, alert: false, event_data: {}, trace_id: null, span_id: null, archived: false, archived_at: null });
  ok(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?(Z|[+-]\d\d:\d\d)?$/.test(event_timestamp), 'timestamp', event_timestamp);
  for (const [k, v] of Object.entries(source)) ok(k === 'manager_id' && /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(v), 'source {} or manager_id', source);
});
H('X2', '_id on input, _id wins over event_id', async () => { const a = ulid(), b = ulid(); const { event_id, ...e } = ev(); eq((await send('/event', { ...e, _id: a })).j?._id, a); const c = ulid(); eq((await send('/event', { ...e, event_id: b, _id: c })).j?._id, c); await byId(c); eq((await get('/event/' + b)).s, 404); });
H('X2B', 'number as id becomes text', async () => { const n = 1e14 + Math.floor(Math.random() * 1e14); eq((await put({ event_id: n })).out._id, String(n)); await byId(String(n)); });
H('X3', 'response has _id, never event_id', async () => { const e = await put(); for (const o of [e.out, await byId(e.event_id), (await query({ _id: e.event_id }))[e.event_id]]) { ok('_id' in o && !('event_id' in o), '_id only', Object.keys(o)); } });
S('X3B', 'field order as upstream', async () => eq(Object.keys((await put()).out), FIELDS));
H('X4', 'enum case folding in, canonical out', async () => { for (const [i, o] of [['NODE_CREATE', 'node_create'], ['Workflow_Step_Failed', 'workflow_step_failed'], ['action_start', 'action_start']]) eq((await put({ event_type: i })).out.event_type, o); });
H('X4B', 'null or number as event_type is 422', async () => { for (const v of [null, 7, [], {}]) err422(await send('/event', ev({ event_type: v })), null, ['body', 'event_type']); });
const TYPES = 'unknown log log_debug log_info log_warning log_error log_critical test lab_create lab_start lab_stop node_create node_start node_stop node_config_update node_status_update node_error workcell_create workcell_start workcell_stop workcell_config_update workcell_status_update workflow_create workflow_start workflow_complete workflow_abort workflow_step_start workflow_step_complete workflow_step_failed experiment_create experiment_start experiment_complete experiment_failed experiment_cancelled experiment_pause experiment_continued campaign_create campaign_start campaign_complete campaign_abort action_status_change action_start action_complete action_failed resource_create resource_update resource_delete resource_allocate resource_release location_create location_update location_delete attachment_create attachment_delete data_store data_query data_export manager_start manager_stop manager_error manager_health_check backup_create backup_restore'.split(' ');
H('X4C', 'all 63 event types', async () => { eq(TYPES.length, 63); for (const t of TYPES) eq((await put({ event_type: t })).out.event_type, t); });
H('X5', 'source: nulls and unknown keys dropped, {} kept', async () => { eq((await put({ source: { node_id: null, lab_id: ULID_OK, foo: 1 } })).out.source, { lab_id: ULID_OK }); const e = await put({ source: {} }); eq(e.out.source, {}); eq((await byId(e.event_id)).source, {}); });
const badUlid = [['lower', ULID_OK.toLowerCase()], ['short', ULID_OK.slice(1)], ['long', ULID_OK + '0'], ['first8', '8' + ULID_OK.slice(1)], ['letterI', ULID_OK.slice(0, 25) + 'I'], ['letterU', ULID_OK.slice(0, 25) + 'U'], ['uuid', '8f14e45f-ceea-467f-a8b7-1d2d4f1f0b1c'], ['empty', '']];
H('X5B', 'bad ULIDs in every source field are 422', async () => {
  for (const [n, v] of badUlid) { const r = await send('/event', ev({ source: { node_id: v } })); err422(r, 'value_error', ['body', 'source', 'node_id']); ok(r.j.detail[0].msg === `Value error, Invalid ULID ${v} for field node_id`, `message for ${n}`, r.j.detail[0].msg); }
  for (const f of ['user_id', 'experiment_id', 'campaign_id', 'project_id', 'workcell_id', 'lab_id', 'step_id', 'workflow_id', 'manager_id']) { err422(await send('/event', ev({ source: { [f]: 'nope' } })), 'value_error', ['body', 'source', f]); eq((await put({ source: { [f]: ULID_OK } })).out.source, { [f]: ULID_OK }); }
  err422(await send('/event', ev({ source: { node_id: 5 } })), 'string_type', ['body', 'source', 'node_id']);
});
H('X5C', 'source null/text/list is 422', async () => { for (const v of [null, 'x', [], 3]) err422(await send('/event', ev({ source: v })), 'model_attributes_type', ['body', 'source']); });
H('X6', 'unknown top-level fields ignored', async () => { const r = await send('/event', { ...ev(), nonsense: 1, $set: 2, __v: 3 }); eq(r.s, 200); set(Object.keys(r.j), FIELDS); });
const dup = async () => { const m = mark(), a = ev({ event_data: { v: 1, m } }), r1 = await send('/event', a), r2 = await send('/event', { ...a, log_level: 50, event_data: { v: 2, m } }); return { a, r1, r2 }; };
H('X7', 'duplicate id: 200, stored event unchanged', async () => { const { a, r2 } = await dup(); eq(r2.s, 200); eq((await byId(a.event_id)).event_data.v, 1); });
H('X7B', 'duplicate id: body is the STORED event, one document', async () => { const { a, r1, r2 } = await dup(); eq(r2.j, r1.j); eq(Object.keys(await query({ 'event_data.m': a.event_data.m })).length, 1); });
H('X7C', '20 concurrent posts of one id: all 200, all the same body', async () => { const id = ulid(); const a = await pool(20, 20, i => send('/event', ev({ event_id: id, event_data: { i } }))); eq([...new Set(a.map(x => x.s))], [200]); eq(new Set(a.map(x => str(x.j.event_data))).size, 1); eq((await byId(id)).event_data, a[0].j.event_data); });
H('X8', 'level filter: names in any case and any integer', async () => {
  const t = win(); for (const [i, l] of [0, 10, 20, 30, 40, 50].entries()) await put({ log_level: l, event_timestamp: naive(t + i * 1000) });
  for (const [v, n] of [['warning', 3], ['WARNING', 3], ['EventLogLevel.ERROR', 2], ['25', 3], ['0', 6], ['-5', 6], ['50', 1], ['51', 0], ['30', 3]]) eq(Object.keys(await list({ level: v, start_time: naive(t), end_time: naive(t + 9e3) })).length, n, `level=${v}`);
});
H('X9', '404 text', async () => { const r = await get('/event/none-' + RUN); eq(r.s, 404); eq(r.j, { detail: `Event with ID none-${RUN} not found` }); for (const p of ['__proto__', 'constructor', '%F0%9F%98%80']) eq((await get('/event/' + p)).s, 404, p); });
H('X10', 'empty archive request', async () => { for (const b of [{}, { event_ids: [] }, { event_ids: null }]) { const r = await send('/events/archive', b); err422(r, 'value_error', ['body']); eq(r.j.detail[0].msg, 'Value error, Either event_ids or before_date must be provided'); } });
H('X10B', 'bad archive fields', async () => { for (const [b, t, l] of [[{ event_ids: 'x' }, 'list_type', ['body', 'event_ids']], [{ event_ids: [1] }, 'string_type', ['body', 'event_ids', 0]], [{ before_date: 'zz' }, null, ['body', 'before_date']], [{ event_ids: ['n'], batch_size: 'x' }, 'int_parsing', ['body', 'batch_size']]]) err422(await send('/events/archive', b), t, l); err422(await req('POST', '/events/archive', { headers: J, body: '' }), 'missing', ['body']); });
H('X11', 'missing or null query body', async () => { err422(await req('POST', '/events/query', { headers: J }), 'missing', ['body']); err422(await send('/events/query', 'null'), 'missing', ['body']); });
H('X12', 'query parameter errors', async () => {
  const r = await get('/events?level=foo'); err422(r, 'int_parsing', ['query', 'level', 'int']);
  err422(await get('/events?number=abc'), 'int_parsing', ['query', 'number']); err422(await get('/events?offset=1.5'), 'int_parsing', ['query', 'offset']); err422(await get('/events?number='), 'int_parsing', ['query', 'number']);
  err422(await get('/events?include_archived=maybe'), 'bool_parsing', ['query', 'include_archived']); err422(await get('/events?start_time=zz'), null, ['query', 'start_time']); err422(await get('/events?end_time='), null, ['query', 'end_time']); err422(await get('/events/archived?number=x'), 'int_parsing', ['query', 'number']);
});
S('X12B', 'level=foo gives both upstream locs', async () => err422(await get('/events?level=foo'), null, ['query', 'level', 'int-enum[EventLogLevel]']));
H('X14', 'CORS preflight and headers', async () => {
  const r = await req('OPTIONS', '/event', { headers: { origin: 'http://x.test', 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,x-foo' } });
  has(r.s, [200, 204], 'status'); has(r.h['access-control-allow-origin'], ['*', 'http://x.test'], 'origin'); ok(/POST|\*/.test(r.h['access-control-allow-methods']), 'methods', r.h); const h = (r.h['access-control-allow-headers'] || '').toLowerCase(); ok(h === '*' || (h.includes('content-type') && h.includes('x-foo')), 'requested headers echoed', h);
  ok(r.h['access-control-max-age'] === '600', 'max-age 600', r.h['access-control-max-age']); ok(!('access-control-allow-credentials' in r.h), 'no credentials', r.h);
});
H('X14B', 'CORS on 200, 404, 422', async () => { const o = { origin: 'http://x.test' }; for (const r of [await get('/health', { headers: o }), await get('/event/none-' + RUN, { headers: o }), await send('/event', { log_level: 5 }, { headers: o })]) has(r.h['access-control-allow-origin'], ['*', 'http://x.test'], `origin on ${r.s}`); });
H('X15', 'alert notations', async () => {
  for (const [v, b] of [[true, true], [1, true], ['yes', true], ['ON', true], ['t', true], ['Y', true], ['1', true], ['TRUE', true], [false, false], [0, false], ['no', false], ['off', false], ['F', false], ['n', false], ['0', false]]) eq((await put({ alert: v, log_level: 10 })).out.alert, b, str(v));
  for (const v of [2, null, '', 'maybe', []]) err422(await send('/event', ev({ alert: v })), null, ['body', 'alert']);
});
H('X17', 'NaN and Infinity become null', async () => { const id = ulid(), r = await send('/event', `{"event_id":"${id}","event_data":{"a":NaN,"b":Infinity,"c":-Infinity}}`); eq(r.s, 200); eq(r.j.event_data, { a: null, b: null, c: null }); eq((await byId(id)).event_data, { a: null, b: null, c: null }); });
H('X18', 'secrets redacted in /settings', async () => { const r = await get('/settings'); ok(!/mongodb(\+srv)?:\/\/[^"\s]*@/.test(r.t), 'no credentials', 'URL with user-info'); if ('mongo_db_url' in r.j.settings) eq(r.j.settings.mongo_db_url, '***REDACTED***'); const m = r.j.settings.email_alerts; for (const k of ['smtp_username', 'smtp_password']) if (m && k in m) eq(m[k], '***REDACTED***', k); });
H('X19', 'archived event readable by id and by query', async () => { const e = await put(); await archive({ event_ids: [e.event_id] }); eq((await byId(e.event_id)).archived, true); eq(Object.keys(await query({ _id: e.event_id, archived: true })), [e.event_id]); });
H('X20', 'archiving twice counts once; unknown ids not counted', async () => { const e = await put(), r = { event_ids: [e.event_id, 'none-' + RUN] }; eq((await archive(r)).archived_count, 1); const a = (await byId(e.event_id)).archived_at; eq((await archive(r)).archived_count, 0); eq((await byId(e.event_id)).archived_at, a); });
H('X20B', 'event_ids win over before_date', async () => { const a = await put(), o = await put({ event_timestamp: naive(early + 7200e3) }); eq((await archive({ event_ids: [a.event_id], before_date: naive(early + 7260e3) })).archived_count, 1); eq((await byId(o.event_id)).archived, false); });

// timestamps (1.5) and levels (1.4): one case per notation
const TS = [['"2025-01-01T10:00:00"', '2025-01-01T10:00:00'], ['"2025-01-01T10:00:00Z"', '2025-01-01T10:00:00Z'], ['"2025-01-01T10:00:00+00:00"', '2025-01-01T10:00:00Z'], ['"2025-01-01t10:00:00z"', '2025-01-01T10:00:00Z'], ['"2025-01-01T10:00Z"', '2025-01-01T10:00:00Z'], ['"2025-01-01T10:00"', '2025-01-01T10:00:00'], ['"2025-01-01 10:00:00.5+05:30"', '2025-01-01T10:00:00.500000+05:30'], ['"2025-01-01"', '2025-01-01T00:00:00'], ['"2025-01-01T10:00:00.123456789Z"', '2025-01-01T10:00:00.123456Z'], ['"2025-01-01T10:00:00.123456789"', '2025-01-01T10:00:00.123456'], ['"2025-01-01T10:00:00.000Z"', '2025-01-01T10:00:00Z'], ['"2025-01-01T10:00:00-08:00"', '2025-01-01T10:00:00-08:00'], ['"2025-01-01T10:00:00-00:00"', '2025-01-01T10:00:00Z'], ['1735725600', '2025-01-01T10:00:00Z'], ['1735725600.25', '2025-01-01T10:00:00.250000Z'], ['"1735725600"', '2025-01-01T10:00:00Z'], ['"1735725600.5"', '2025-01-01T10:00:00.500000Z'], ['1735725600000', '2025-01-01T10:00:00Z'], ['"1735725600000"', '2025-01-01T10:00:00Z'], ['20000000000', '2603-10-11T11:33:20Z'], ['20000000001', '1970-08-20T11:33:20.001000Z'], ['0', '1970-01-01T00:00:00Z'], ['-1', '1969-12-31T23:59:59Z'], ['"2024-02-29T23:59:59.999999Z"', '2024-02-29T23:59:59.999999Z'], ['"2025-01-01T10:00:00+14:00"', '2025-01-01T10:00:00+14:00']];
TS.forEach(([i, o], n) => H(`T${two(n + 1)}`, `timestamp ${i}`, async () => { const id = ulid(), r = await send('/event', `{"event_id":"${id}","event_timestamp":${i}}`); ok(r.s === 200, 200, `${r.s} ${r.t}`); eq(r.j.event_timestamp, o); eq((await byId(id)).event_timestamp, o, 'GET'); }));
['"20250101T000000Z"', '"2025-01-01T24:00:00"', '"2025-01-01 10:00:00 +0000"', '"2025-W01-1"', '"2025-001"', 'null', 'true', '""', '"2025-02-29"', '"2025-01-01T10:00:00+24:00"', '"now"', '{}', '[]', '1e30', '"2025-1-1"', '"2025-13-01"', '"2025-01-01T10:60:00"', '"10000-01-01T00:00:00Z"', '"2025/01/01"'].forEach((i, n) => H(`TX${two(n + 1)}`, `bad timestamp ${i}`, async () => err422(await send('/event', `{"event_timestamp":${i}}`), null, ['body', 'event_timestamp'])));
S('TM1', 'odd notations upstream takes', async () => { for (const [i, o] of [['"2025-01-01T10:00:00-0800"', '2025-01-01T10:00:00-08:00'], ['"2025-01-01T10:00:00,5Z"', '2025-01-01T10:00:00.500000Z'], ['"2025-01-01_10:00:00Z"', '2025-01-01T10:00:00Z'], ['-1.5', '1969-12-31T23:59:58.500000Z'], ['"0001-01-01T00:00:00Z"', '0001-01-01T00:00:00Z'], ['1735725600123.456', '2025-01-01T10:00:00.123456Z']]) eq((await send('/event', `{"event_timestamp":${i}}`)).j?.event_timestamp, o, i); });
[['0', 0], ['10', 10], ['20.0', 20], ['"30"', 30], ['"40.0"', 40], ['"CRITICAL"', 50], ['"info"', 20], ['"Warning"', 30], ['"EventLogLevel.ERROR"', 40], ['"eventloglevel.debug"', 10], ['"notset"', 0]].forEach(([i, o], n) => H(`L${two(n + 1)}`, `level ${i}`, async () => { const r = await send('/event', `{"log_level":${i}}`); ok(r.s === 200, 200, `${r.s} ${r.t}`); eq(r.j.log_level, o); }));
['15', '25', '-1', '20.5', 'true', 'null', '"warn"', '"fatal"', '""', '[]'].forEach((i, n) => H(`LX${two(n + 1)}`, `bad level ${i}`, async () => err422(await send('/event', `{"log_level":${i}}`), null, ['body', 'log_level'])));

// bodies and content types
const bad = [['M01', 'malformed: open brace', '{', 'json_invalid'], ['M02', 'malformed: trailing comma', '{"a":1,}', 'json_invalid'], ['M03', 'malformed: single quotes', "{'a':1}", 'json_invalid'], ['M04', 'malformed: two documents', '{} {}', 'json_invalid'], ['M05', 'malformed: raw control character', '{"event_data":{"s":"a\u0001b"}}', 'json_invalid'], ['M06', 'empty body', '', 'missing'], ['M07', 'null body', 'null', 'missing'], ['M08', 'array body', '[]', 'model_attributes_type'], ['M09', 'string body', '"x"', 'model_attributes_type'], ['M10', 'number body', '7', 'model_attributes_type'], ['M11', 'true body', 'true', 'model_attributes_type'], ['M12', 'malformed: blank body', '   ', 'json_invalid']];
for (const [id, t, b, type] of bad) H(id, t, async () => { const r = await send('/event', b); err422(r, type, type === 'json_invalid' ? null : ['body']); if (type === 'json_invalid') ok(r.j.detail[0].loc[0] === 'body' && Number.isInteger(r.j.detail[0].loc[1]), 'loc ["body", offset]', r.j.detail[0].loc); });
S('M13', 'json_invalid offset as upstream', async () => { eq((await send('/event', '{"a":1,}')).j?.detail?.[0]?.loc, ['body', 7]); eq((await send('/event', '{} {}')).j?.detail?.[0]?.loc, ['body', 3]); });
H('M14', 'invalid UTF-8 is a 4xx', async () => client4xx(await send('/event', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]))));
H('M15', 'JSON content types accepted', async () => { for (const c of ['application/json; charset=utf-8', 'Application/JSON', 'application/vnd.x+json']) eq((await send('/event', '{}', { headers: { 'content-type': c } })).s, 200, c); });
H('M16', 'other content types are 422', async () => { for (const c of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'text/html']) err422(await send('/event', '{}', { headers: { 'content-type': c } }), 'model_attributes_type', ['body']); });
H('M17', 'missing content type: 200 or 422', async () => has((await req('POST', '/event', { body: '{}' })).s, [200, 422], 'status'));
H('M18', 'query: malformed JSON 422', async () => err422(await send('/events/query', '{'), 'json_invalid'));
H('M19', 'bad trace_id, span_id', async () => { for (const k of ['trace_id', 'span_id']) { err422(await send('/event', ev({ [k]: 5 })), 'string_type', ['body', k]); eq((await put({ [k]: 'not-hex' })).out[k], 'not-hex'); } });
H('M20', 'two bad fields, two errors', async () => { const r = await send('/event', ev({ log_level: 5, alert: 'maybe' })); err422(r, null, ['body', 'log_level']); err422(r, null, ['body', 'alert']); });
H('M21', 'unknown path and method', async () => { const r = await get('/nope-' + RUN); eq([r.s, r.j], [404, { detail: 'Not Found' }]); const p = await req('PUT', '/events'); eq([p.s, p.j], [405, { detail: 'Method Not Allowed' }]); });
S('M22', 'trailing slash redirects or works', async () => { const r = await get('/events/?number=1'); has(r.s, [200, 307, 308], 'status'); });
S('M23', 'BOM accepted', async () => eq((await send('/event', '\ufeff{}')).s, 200));
H('M24', 'last of duplicate keys wins', async () => { eq((await send('/event', '{"log_level":10,"log_level":30,"event_data":{"a":1,"a":2}}')).j?.event_data, { a: 2 }); });

// last: purge
const purge = { when: !!opt['allow-purge'] };
H('C12', 'purge older_than_days=0 removes what was archived', async () => { const e = await put(), k = await put(); await archive({ event_ids: [e.event_id] }); await nap(50); const r = await req('DELETE', '/events/archived?older_than_days=0'); eq(r.s, 200); ok(r.j.deleted_count >= 1, '>= 1', r.t); ok(r.j.message === `Permanently deleted ${r.j.deleted_count} archived events older than 0 days`, 'message', r.j.message); eq((await get('/event/' + e.event_id)).s, 404); await byId(k.event_id); }, purge);
H('C12B', 'purge default spares fresh ones; bad values are 422', async () => { const e = await put(); await archive({ event_ids: [e.event_id] }); eq((await req('DELETE', '/events/archived')).s, 200); await byId(e.event_id); err422(await req('DELETE', '/events/archived?older_than_days=x'), 'int_parsing', ['query', 'older_than_days']); }, purge);


// ---------- run ----------
const picked = cases.filter(c => !opt.only || opt.only.some(o => (o.endsWith('*') ? c.id.startsWith(o.slice(0, -1)) : c.id === o)));
let pass = 0, bad1 = 0, soft = 0; const skipped = [];
for (const c of picked) {
  if (c.when === false) { skipped.push(c.id); continue; }
  let timer; const limit = new Promise((_, rej) => { timer = setTimeout(() => rej(new Fail('an end within 90 s', 'still running')), 90e3); });
  try { await Promise.race([c.run(), limit]); pass++; if (opt.verbose) console.log(`ok ${c.id}`); }
  catch (e) { c.hard ? bad1++ : soft++; const [x, g] = e instanceof Fail ? [e.expected, e.got] : ['an answer', `${e.code || e.name}: ${e.message}`]; console.log(`${c.hard ? 'FAIL' : 'soft'} ${c.id} ${c.title.slice(0, 44)}: expected ${x.slice(0, 80)}; got ${g}`.replace(/\s+/g, ' ').slice(0, 200)); }
  finally { clearTimeout(timer); }
}
if (skipped.length) console.error(`skipped ${skipped.length}: ${skipped.join(' ')}`);
agent.destroy();
console.log(`${pass} passed, ${bad1} failed, ${soft} soft-failed`);
process.exit(bad1 ? 1 : 0);
