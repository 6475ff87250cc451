/**
 * Signature of a webhook: HMAC-SHA256 over `<timestamp>.<body>`, so that neither can be changed and an old delivery
 * cannot be repeated later. Receivers check it with {@link verifyWebhookSignature}, or with four lines of anything.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

const FORM = /^sha256=[0-9a-f]{64}$/;
const DEFAULT_TOLERANCE_SECONDS = 300;

/** What a receiver got: two headers and the body as it came, before any parsing. @since 0.1.0 */
export interface SignedWebhook {
  /** Header `x-madsci-timestamp`. */
  readonly timestamp: string | undefined;
  /** Header `x-madsci-signature`. */
  readonly signature: string | undefined;
  readonly body: string | Uint8Array;
}

/** @since 0.1.0 */
export interface VerifyWebhookOptions {
  /** Oldest (and, for clocks that differ, newest) timestamp accepted. @default 300 */
  readonly toleranceSeconds?: number;
  readonly now?: () => Date;
}

/** Value of `x-madsci-signature`. @since 0.1.0 */
export function webhookSignature(secret: string, timestamp: string, body: string | Uint8Array): string {
  return `sha256=${createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex")}`;
}

/** True when the delivery was signed with this secret, unchanged, and lately; takes equally long whatever differs. @since 0.1.0 */
export function verifyWebhookSignature(
  secret: string,
  { timestamp, signature, body }: SignedWebhook,
  { toleranceSeconds = DEFAULT_TOLERANCE_SECONDS, now = () => new Date() }: VerifyWebhookOptions = {},
): boolean {
  if (secret === "" || typeof timestamp !== "string" || typeof signature !== "string") return false;
  if (!/^\d{1,12}$/.test(timestamp) || !FORM.test(signature)) return false;
  const right = Buffer.from(webhookSignature(secret, timestamp, body));
  const ageSeconds = now().getTime() / 1000 - Number(timestamp);
  return timingSafeEqual(right, Buffer.from(signature)) && Math.abs(ageSeconds) <= toleranceSeconds;
}
