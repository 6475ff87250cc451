import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Crc64 } from "../../src/backup/crc64.ts";
import { slowCrc64 } from "./independent-dump.ts";

const digest = (...parts: Uint8Array[]) => {
  const crc = new Crc64();
  for (const part of parts) crc.update(part);
  return crc.digest();
};

describe("CRC-64", () => {
  it("has the catalogue's check value", () => {
    expect(BigInt.asUintN(64, digest(Buffer.from("123456789")))).toBe(0x995dc9bbdf1939fan);
    expect(digest()).toBe(0n);
  });

  it("is the definition's for any bytes, however they are cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
        expect(digest(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(BigInt.asIntN(64, slowCrc64(bytes)));
      }),
    );
  });
});
