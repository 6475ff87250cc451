/** Timestamps as MADSci's senders write them: naive, UTC or with any offset, around changes of daylight saving time. */
import fc from "fast-check";

const DAYS = ["2024-02-29", "2025-03-08", "2025-03-09", "2025-03-10", "2025-11-01", "2025-11-02", "2025-11-03"];
const two = (n: number): string => String(n).padStart(2, "0");

const clock = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 29, 30, 59), fc.constantFrom(0, 1, 59))
  .map(([h, m, s]) => `${two(h)}:${two(m)}:${two(s)}`);
const offset = fc
  .tuple(fc.constantFrom("+", "-"), fc.constantFrom(0, 1, 5, 11, 14, 23), fc.constantFrom(0, 30, 59))
  .map(([sign, h, m]) => `${sign}${two(h)}:${two(m)}`);

/** In the form whose text order is the order of wall clocks. */
export const arbitraryWall: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...DAYS),
    clock,
    fc.constantFrom("", ".5", ".000001", ".999999"),
    fc.oneof(fc.constantFrom("", "Z"), offset),
  )
  .map(([day, time, fraction, zone]) => `${day}T${time}${fraction}${zone}`);

/** Anything that may stand in a foreign document's `event_timestamp`. */
export const arbitraryForeignTime: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: arbitraryWall },
  { weight: 1, arbitrary: arbitraryWall.map((text) => text.replace("T", " ")) },
  { weight: 1, arbitrary: fc.date({ min: new Date("2024-01-01"), max: new Date("2026-01-01"), noInvalidDate: true }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(undefined, null, 5, 1_741_500_000, "", "soon", "2025-02-29T10:00:00Z", {}, []),
  },
);
