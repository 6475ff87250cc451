/** The one variable a client reads from its process. Nothing else here looks at `process.env`, and nothing at `argv`. */

/** Address of the Event Manager where no option names one; MADSci's name for it. */
export const SERVER_VARIABLE = "EVENT_SERVER_URL";

/** Its value; undefined where it is unset or empty. */
export function serverFromEnvironment(): string | undefined {
  const given = process.env[SERVER_VARIABLE]?.trim();
  return given === "" ? undefined : given;
}
