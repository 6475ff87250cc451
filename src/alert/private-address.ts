/**
 * Private addresses: which addresses a webhook must not be sent to, unless its configuration allows it.
 *
 * The ranges are those of IANA's special-purpose registries (RFC 6890 and its successors) that are not globally reachable,
 * and two addresses of cloud metadata services. IPv6 is refused outside 2000::/3, so a range nobody has thought of is too.
 * Not here: when it is asked (https-request.ts, at the moment of connecting, so that a name cannot change in between).
 */
import { BlockList, isIP } from "node:net";

const PRIVATE_4: readonly (readonly [range: string, bits: number, word: string])[] = [
  ["0.0.0.0", 8, "unspecified"],
  ["10.0.0.0", 8, "private"],
  ["100.64.0.0", 10, "carrier-grade NAT"],
  ["127.0.0.0", 8, "loopback"],
  ["168.63.129.16", 32, "cloud metadata"],
  ["169.254.0.0", 16, "link-local or cloud metadata"],
  ["172.16.0.0", 12, "private"],
  ["192.0.0.0", 24, "reserved"],
  ["192.0.2.0", 24, "documentation"],
  ["192.88.99.0", 24, "reserved"],
  ["192.168.0.0", 16, "private"],
  ["198.18.0.0", 15, "benchmarking"],
  ["198.51.100.0", 24, "documentation"],
  ["203.0.113.0", 24, "documentation"],
  ["224.0.0.0", 4, "multicast"],
  ["240.0.0.0", 4, "reserved or broadcast"],
];
const PRIVATE_6: typeof PRIVATE_4 = [
  ["::1", 128, "loopback"],
  ["::", 128, "unspecified"],
  ["fc00::", 7, "unique local"],
  ["fe80::", 10, "link-local"],
  ["fec0::", 10, "site-local"],
  ["ff00::", 8, "multicast"],
  ["2001::", 23, "reserved or tunnel"],
  ["2001:db8::", 32, "documentation"],
  ["2002::", 16, "tunnel"],
  ["3fff::", 20, "documentation"],
];

const RULES_4 = PRIVATE_4.map(([range, bits, word]) => ({ word, list: subnet(range, bits, "ipv4") }));
const RULES_6 = PRIVATE_6.map(([range, bits, word]) => ({ word, list: subnet(range, bits, "ipv6") }));
const MAPPED = subnet("::ffff:0:0", 96, "ipv6");
/** IPv4 as networks of IPv6 only see it; as public as the address inside. */
const NAT64 = subnet("64:ff9b::", 96, "ipv6");
const GLOBAL_6 = subnet("2000::", 3, "ipv6");

/** Why this address is not a public one, in a word or two, e.g. `loopback`; null for a public one. @since 0.1.0 */
export function privateAddress(address: string): string | null {
  const plain = address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
  if (plain.includes("%")) return "link-local";
  const family = isIP(plain);
  if (family === 4) return RULES_4.find(({ list }) => list.check(plain, "ipv4"))?.word ?? null;
  return family === 6 ? private6(plain) : "not an address";
}

function private6(address: string): string | null {
  if (MAPPED.check(address, "ipv6")) return "IPv4-mapped";
  if (NAT64.check(address, "ipv6")) return privateAddress(lastFour(address));
  const word = RULES_6.find(({ list }) => list.check(address, "ipv6"))?.word;
  return word ?? (GLOBAL_6.check(address, "ipv6") ? null : "reserved");
}

/** The last four bytes as an IPv4 address; the URL parser brings all spellings into one form. */
function lastFour(address: string): string {
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::").at(-1)?.split(":") ?? [];
  const [high, low] = [groups.at(-2), groups.at(-1)].map((group) => Number.parseInt(group || "0", 16));
  return [high! >> 8, high! & 255, low! >> 8, low! & 255].join(".");
}

function subnet(range: string, bits: number, family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  list.addSubnet(range, bits, family);
  return list;
}
