// A clock that is off by CLOCK_MS, and jumps by CLOCK_JUMP_MS after CLOCK_JUMP_AFTER_MS, in every thread.
const offMs = Number(process.env.CLOCK_MS ?? 0);
const jumpMs = Number(process.env.CLOCK_JUMP_MS ?? 0);
const afterMs = Number(process.env.CLOCK_JUMP_AFTER_MS ?? 0);
const Real = Date;
// One beginning for all threads of the process.
const startMs = Real.now() - process.uptime() * 1000;

const now = () => {
  const realMs = Real.now();
  return realMs + offMs + (realMs - startMs >= afterMs ? jumpMs : 0);
};
globalThis.Date = class extends Real {
  constructor(...given) {
    if (given.length === 0) super(now());
    else super(...given);
  }
  static now() {
    return now();
  }
};
