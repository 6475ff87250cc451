import { describe, expect, it } from "vitest";
import { guardedLookup, type ResolvedAddress } from "../../src/alert/https-request.ts";
import { privateAddress } from "../../src/alert/private-address.ts";

const PRIVATE: Record<string, readonly string[]> = {
  loopback: ["127.0.0.1", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "[::1]"],
  private: ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
  "carrier-grade NAT": ["100.64.0.1", "100.127.255.255", "100.100.100.200"],
  "link-local or cloud metadata": ["169.254.0.1", "169.254.169.254"],
  "cloud metadata": ["168.63.129.16"],
  "link-local": ["fe80::1", "febf::1", "fe80::1%eth0", "2606:4700::1%1"],
  "unique local": ["fc00::1", "fd00:ec2::254", "fdff::1"],
  "site-local": ["fec0::1"],
  multicast: ["224.0.0.1", "239.255.255.255", "ff02::1"],
  "reserved or broadcast": ["240.0.0.1", "255.255.255.255"],
  unspecified: ["0.0.0.0", "0.1.2.3", "::"],
  "IPv4-mapped": ["::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:7f00:1"],
  reserved: ["::7f00:1", "192.0.0.192", "192.88.99.1", "64:ff9b:1::1", "100::1", "5f00::1", "4000::1"],
  documentation: ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
  benchmarking: ["198.18.0.1", "198.19.255.255"],
  "reserved or tunnel": ["2001::1", "2001:10::1"],
  tunnel: ["2002:7f00:1::"],
  "not an address": ["", "localhost", "127.1", "0x7f000001", "1.2.3.4.5"],
};
const PUBLIC = [
  ...[
    "8.8.8.8",
    "1.1.1.1",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "9.255.255.255",
    "11.0.0.0",
  ],
  ...["126.255.255.255", "128.0.0.0", "223.255.255.255", "192.167.255.255", "192.169.0.0", "169.253.255.255"],
  ...["2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888", "2003::1"],
];

describe("privateAddress", () => {
  it.each(Object.entries(PRIVATE))("names what is %s", (word, addresses) => {
    expect(addresses.map(privateAddress)).toEqual(addresses.map(() => word));
  });

  it("lets public addresses pass, also right beside private ranges", () => {
    expect(PUBLIC.filter((address) => privateAddress(address) !== null)).toEqual([]);
  });

  it("looks at the IPv4 address inside one of NAT64", () => {
    expect(privateAddress("64:ff9b::8.8.8.8")).toBeNull();
    expect(privateAddress("64:ff9b::127.0.0.1")).toBe("loopback");
    expect(privateAddress("64:ff9b::a9fe:a9fe")).toBe("link-local or cloud metadata");
    expect(privateAddress("64:ff9b::1")).toBe("unspecified");
    expect(privateAddress("64:ff9b::")).toBe("unspecified");
  });
});

describe("guardedLookup", () => {
  const found = (...addresses: string[]): ResolvedAddress[] =>
    addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  function look(answers: ResolvedAddress[][], { all = true, allowPrivate = false } = {}): Promise<unknown> {
    const lookup = guardedLookup({ allowPrivate, resolve: async () => answers.shift() ?? [] });
    return new Promise((resolve) => {
      lookup("hooks.example.org", { all }, (error, address) => resolve(error?.message ?? address));
    });
  }

  it("gives all public addresses, or the first where one is asked for", async () => {
    const both = found("8.8.8.8", "2606:4700::1");
    expect(await look([both])).toEqual(both);
    expect(await look([both], { all: false })).toBe("8.8.8.8");
  });

  it("refuses a name with one private address among public ones, and says which", async () => {
    expect(await look([found("8.8.8.8", "10.1.2.3")])).toBe(
      "hooks.example.org (10.1.2.3) is a private address; set allowPrivate to send there on purpose",
    );
    expect(await look([found("8.8.8.8", "10.1.2.3")], { all: false })).toMatch(/10\.1\.2\.3/);
  });

  it("refuses the second answer of a name that turns private", async () => {
    const answers = [found("8.8.8.8"), found("127.0.0.1")];
    expect(await look(answers)).toEqual(found("8.8.8.8"));
    expect(await look(answers)).toMatch(/127\.0\.0\.1\) is a loopback address/);
  });

  it("gives private addresses where they are allowed", async () => {
    expect(await look([found("127.0.0.1")], { allowPrivate: true })).toEqual(found("127.0.0.1"));
  });

  it("tells of a name without addresses", async () => {
    expect(await look([[]])).toMatch(/has no address/);
  });
});
