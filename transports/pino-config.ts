/** What pino says about itself: which keys it uses. */
import { parentPort, workerData } from "node:worker_threads";

export interface PinoConfig {
  readonly messageKey?: string;
  readonly errorKey?: string;
}

export interface PinoMessage {
  readonly code?: string;
  readonly config: PinoConfig;
}

export function lineKeysOf({ messageKey, errorKey }: PinoConfig): PinoConfig {
  return { ...(messageKey && { messageKey }), ...(errorKey && { errorKey }) };
}

/** Tells `announce` when pino has posted its configuration to this worker; it may come before or after the first line. */
export function onPinoConfig(announce: (config: PinoConfig) => void): void {
  const expected = (workerData as { workerData?: { pinoWillSendConfig?: boolean } } | null)?.workerData;
  if (parentPort === null || expected?.pinoWillSendConfig !== true) return;
  parentPort.on("message", (message: PinoMessage) => {
    if (message?.code === "PINO_CONFIG") announce(message.config);
  });
}
