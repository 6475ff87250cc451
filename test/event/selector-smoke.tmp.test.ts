import { it, expect } from "vitest";
import { parseSelector } from "/work/main/src/event/selector/parse.ts";
import { compileMatcher, matches } from "/work/main/src/event/selector/matches.ts";
import { createEvent } from "/work/main/src/event/parse.ts";
import { literalOf } from "/work/main/src/event/selector/regex.ts";
it("x", () => {
  const e = createEvent({ event_type: "x", log_level: 40, event_data: { a: [1, { b: 2 }], m: "clot at pressure" } });
  const z = (w: number) => w;
  for (const [s, n] of [[{ log_level: { $gte: 40 } }, 0], [{ log_level: { $gte: 40 }, "event_data.a.b": 2, "event_data.m": /clot/ }, 0], [{ "event_data.m": /clot.*press/ }, 0], [{ event_type: { $in: Array.from({ length: 1000 }, (_, i) => "t" + i) } }, 0],[{event_timestamp:{$gte:"2025-01-01"}},0],[{$or:[{_id:"5"},{event_type:"x"}]},0]] as any) {
    const m = compileMatcher(parseSelector(s), z);
    let c = 0; const t = performance.now();
    for (let i = 0; i < 1e6; i++) if (m(e)) c++;
    console.log(JSON.stringify(s).slice(0, 60), c, (performance.now() - t).toFixed(0) + " ns");
  }
  for (const p of ["abc", "^a\\.b$", "^abc", "abc$", "a+bcd", "(x|y)foo.*barbaz", "ab|c", "(?i)abc", "[ab]lot", "abc{2}d", "ab?c", "a/b\\/c", "😀?xy", "x\\dfoo", ""]) console.log(p, literalOf({ pattern: p, flags: "" }));
  let deep: any = {}; for (let i = 0; i < 100000; i++) deep = { $and: [deep] };
  const bad = [deep, { $where: "1" }, { a: { $foo: deep } }, { a: { $gt: 1, b: 2 } }, { "a..b": 1 }, { $or: [{}, { log_level: { $in: 5 } }] }, { event_timestamp: "yesterday-ish" }, { a: { $regex: "(?=a)" } }, { a: { $regex: "a", $options: "gi" } }, {a:{$not:5}},{a:{$not:{}}},{a:{$type:"decimal"}}, null, {a:undefined}];
  for (const b of bad) { try { parseSelector(b); console.log("ACCEPTED", b); } catch (x: any) { console.log(x.message, JSON.stringify(x.issues).length); } }
});
