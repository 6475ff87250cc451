/**
 * Format: what a spool's files look like, byte by byte. schema/README.md says the same in words.
 *
 *   segment = header (64 bytes) · frame · frame · …
 *   frame   = header (52 bytes) · body: lines, each ended by "\n"
 *
 * A checksum covers every header and every frame, so that half a write and a flipped bit are told from data. All numbers
 * are little-endian. Pure; the checksum is CRC-32 as zlib has it.
 */
import { crc32 } from "node:zlib";

export const VERSION = 1;
export const SEGMENT_HEADER_BYTES = 64;
export const FRAME_HEADER_BYTES = 52;
const MAGIC = Buffer.from("MADSPOOL", "latin1");
/** Begins every frame; rare in text, because its bytes are no UTF-8. */
export const SYNC = Buffer.from([0xfa, 0xce, 0xc0, 0xf5]);

/** A body of lines is NDJSON of log lines; `events`: of finished events; `hole`: lines that were dropped, no body. */
export const KIND = { lines: 0, events: 1, hole: 2 } as const;
export type FrameKind = (typeof KIND)[keyof typeof KIND];

/** What a segment says about itself. */
export interface SegmentHeader {
  /** ULID of the process that wrote it, as 16 bytes. */
  readonly sender: Buffer;
  readonly createdMs: number;
  readonly firstSeq: number;
  /** First 8 bytes of a hash of where its lines shall go. */
  readonly destination: Buffer;
}

/** What a frame says about its lines. */
export interface FrameHeader {
  readonly kind: FrameKind;
  readonly bodyBytes: number;
  /** Place of the first line in the order of its sender, from 1. */
  readonly firstSeq: number;
  readonly count: number;
  /** How much input (UTF-16 units of text, bytes of binary) its sender had taken in by the end of this frame. */
  readonly through: number;
  /** Id of the first line, 16 bytes; the next line's is one more. */
  readonly id: Buffer;
}

export interface Frame extends FrameHeader {
  readonly body: Buffer;
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt16LE(VERSION, 8);
  header.sender.copy(bytes, 16);
  bytes.writeBigUInt64LE(BigInt(header.createdMs), 32);
  bytes.writeBigUInt64LE(BigInt(header.firstSeq), 40);
  header.destination.copy(bytes, 48);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
  return bytes;
}

/** Undefined for what is no header; "newer" for one of a later version. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | "newer" | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  // In every version the header has this size and this checksum, so that a flipped bit is no later version.
  if (bytes.readUInt32LE(60) !== crc32(bytes.subarray(0, 60))) return undefined;
  if (bytes.readUInt16LE(8) > VERSION) return "newer";
  return {
    sender: Buffer.from(bytes.subarray(16, 32)),
    createdMs: Number(bytes.readBigUInt64LE(32)),
    firstSeq: Number(bytes.readBigUInt64LE(40)),
    destination: Buffer.from(bytes.subarray(48, 56)),
  };
}

export function encodeFrameHeader(frame: Omit<Frame, "bodyBytes">): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  SYNC.copy(bytes, 0);
  bytes.writeUInt32LE(frame.body.length, 4);
  writeWhole(bytes, frame.firstSeq, 8);
  bytes.writeUInt32LE(frame.count, 16);
  bytes.writeUInt32LE(frame.kind, 20);
  writeWhole(bytes, frame.through, 24);
  frame.id.copy(bytes, 32);
  bytes.writeUInt32LE(crc32(frame.body, crc32(bytes.subarray(0, 48))), 48);
  return bytes;
}

/** The frame at `at`: the frame, "short" when `bytes` ends before it does, or "bad". Its body shares memory with `bytes`. */
export function decodeFrame(bytes: Buffer, at: number): Frame | "short" | "bad" {
  if (bytes.length - at < FRAME_HEADER_BYTES) return "short";
  if (bytes.compare(SYNC, 0, 4, at, at + 4) !== 0) return "bad";
  const bodyBytes = bytes.readUInt32LE(at + 4);
  const end = at + FRAME_HEADER_BYTES + bodyBytes;
  if (end > bytes.length) return "short";
  const body = bytes.subarray(at + FRAME_HEADER_BYTES, end);
  if (bytes.readUInt32LE(at + 48) !== crc32(body, crc32(bytes.subarray(at, at + 48)))) return "bad";
  return {
    kind: bytes.readUInt32LE(at + 20) as FrameKind,
    bodyBytes,
    firstSeq: readWhole(bytes, at + 8),
    count: bytes.readUInt32LE(at + 16),
    through: readWhole(bytes, at + 24),
    id: bytes.subarray(at + 32, at + 48),
    body,
  };
}

/** How long the frame at `at` says it is; garbage where there is none. */
export function frameBytesAt(bytes: Buffer, at: number): number {
  return FRAME_HEADER_BYTES + bytes.readUInt32LE(at + 4);
}

/**
 * Damaged bytes that still look like whole frames of the lines from place `next` on: the place after them. What follows
 * nothing intact has no other way to be missed. The number of lines may be what is damaged, so the line ends have a say.
 */
export function claimedEnd(bytes: Buffer, next: number): number {
  let expected = next;
  for (let at = 0; bytes.length - at >= FRAME_HEADER_BYTES && bytes.compare(SYNC, 0, 4, at, at + 4) === 0; ) {
    const end = at + FRAME_HEADER_BYTES + bytes.readUInt32LE(at + 4);
    if (readWhole(bytes, at + 8) !== expected || end > bytes.length) break;
    const count = bytes.readUInt32LE(at + 16);
    const ends = lineEnds(bytes.subarray(at + FRAME_HEADER_BYTES, end));
    expected += isBoundary(bytes, end) ? likelyCount(count, ends) : Math.min(count, ends);
    at = end;
  }
  return expected;
}

function lineEnds(body: Buffer): number {
  let ends = 0;
  for (let at = body.indexOf(10); at >= 0; at = body.indexOf(10, at + 1)) ends += 1;
  return ends;
}

/** Where a frame may end. A body that ends elsewhere has other bytes in it, whose line ends are not its own. */
function isBoundary(bytes: Buffer, at: number): boolean {
  return at === bytes.length || bytes.compare(SYNC, 0, 4, at, at + 4) === 0;
}

/** A flipped bit makes one line end more or less; anything else is a damaged number. */
function likelyCount(count: number, ends: number): number {
  return Math.abs(ends - count) <= 1 ? count : ends;
}

/** A whole number up to 2^53 in 8 bytes, without the detour over bigint. */
function writeWhole(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % 0x1_0000_0000, at);
  bytes.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4);
}

function readWhole(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000;
}
