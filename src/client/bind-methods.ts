/** Log methods that work without their client: `const { info } = client`, `promise.catch(client.error)`. */
const METHODS = [
  ..."log trace debug info warning error critical alert silent".split(" "),
  ..."log_debug log_info warn log_warning log_error exception fatal log_critical log_alert".split(" "),
];

/** Gives the client log methods of its own, bound to it; those of a subclass where it has others. */
export function bindMethods(client: object): void {
  const methods = client as Record<string, unknown>;
  for (const name of METHODS) {
    const method = methods[name];
    if (typeof method !== "function") continue;
    Object.defineProperty(client, name, { value: method.bind(client), writable: true, configurable: true });
  }
}
