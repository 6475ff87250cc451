/**
 * What a channel answers, made a Delivery. Channels of host programs answer with whatever they like: without a reason, with
 * a pause that is no number. What is passed on can be written down and reckoned with. Pure.
 */
import type { Delivery } from "./notification.ts";
import { reasonText } from "./outbox-record.ts";

export function deliveryOf(answer: unknown): Delivery {
  const { status, reason, channelDown, afterMs, detail } = (answer ?? {}) as { readonly [field: string]: unknown };
  if (status === "sent") return { status, ...(typeof detail === "string" && { detail }) };
  if (status !== "retry" && status !== "refused") return NO_DELIVERY;
  const said = typeof reason === "string" && reason.trim() !== "" ? reasonText(reason) : "the channel gave no reason";
  const failed = { reason: said, channelDown: channelDown === true };
  if (status === "refused") return { status, ...failed };
  return { status, ...failed, ...(isPause(afterMs) && { afterMs }) };
}

const NO_DELIVERY: Delivery = { status: "refused", channelDown: true, reason: "the channel's answer is no Delivery" };

function isPause(ms: unknown): ms is number {
  return typeof ms === "number" && ms > 0;
}
