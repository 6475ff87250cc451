/** The simplest filters, and how they are put together. */

/** A filter in the driver's language. */
export type Filter = Record<string, unknown>;

export const EVERYTHING: Filter = {};
export const NOTHING: Filter = { _id: { $in: [] } };

/** All of the filters; those that admit everything say nothing. */
export function and(parts: readonly Filter[]): Filter {
  const said = parts.filter((part) => Object.keys(part).length > 0);
  return said.length === 0 ? EVERYTHING : said.length === 1 ? (said[0] as Filter) : { $and: said };
}
