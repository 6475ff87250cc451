// Ten questions about a small lab day, each a selector in MongoDB's syntax, and the number of events it finds.
import { EventStore, LEVEL, newId } from "madsci-events";

const store = await EventStore.open("memory:");
const [arm, reader, run] = [newId(), newId(), newId()];
const at = (minute) => `2025-03-03T09:${String(minute).padStart(2, "0")}:00Z`;

await store.append([
  { event_type: "workflow_start", event_timestamp: at(0), source: { workflow_id: run }, event_data: { name: "ELISA" } },
  ...[1, 2, 3, 4, 5].map((n) => ({
    event_type: n === 4 ? "action_failed" : "action_complete",
    log_level: n === 4 ? LEVEL.ERROR : LEVEL.INFO,
    alert: n === 4,
    event_timestamp: at(n * 2),
    source: { node_id: n % 2 ? arm : reader, workflow_id: run },
    event_data: {
      message: n === 4 ? "gripper lost plate" : "done",
      duration_ms: n * 700,
      plate: { barcode: `P-00${n}`, wells: ["A1", `B${n}`] },
    },
  })),
  { log_level: LEVEL.WARNING, event_timestamp: at(20), source: { node_id: reader }, event_data: { lamp_hours: 1980 } },
  { event_type: "workflow_complete", event_timestamp: at(30), source: { workflow_id: run } },
]);

const questions = [
  ["what failed?", { event_type: "action_failed" }],
  ["warnings and worse", { log_level: { $gte: LEVEL.WARNING } }],
  ["what did the arm do?", { "source.node_id": arm }],
  ["starts and ends of workflows", { event_type: { $in: ["workflow_start", "workflow_complete"] } }],
  ["actions, however they ended", { event_type: { $regex: "^action_" } }],
  ["slower than two seconds", { "event_data.duration_ms": { $gt: 2000 } }],
  ["anything with well B3", { "event_data.plate.wells": "B3" }],
  ["between 9:05 and 9:25", { event_timestamp: { $gte: at(5), $lt: at(25) } }],
  ["events that concern no node", { "source.node_id": { $exists: false } }],
  ["failed or lamp old", { $or: [{ alert: true }, { "event_data.lamp_hours": { $gte: 1900 } }] }],
];

const width = Math.max(...questions.map(([question]) => question.length));
console.log(`${"question".padEnd(width)}  found  selector`);
console.log(`${"─".repeat(width)}  ─────  ${"─".repeat(60)}`);
for (const [question, selector] of questions) {
  const found = String(await store.count({ selector })).padStart(5);
  console.log(`${question.padEnd(width)}  ${found}  ${JSON.stringify(selector)}`);
}
await store.close();
