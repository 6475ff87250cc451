// Tell people: a function for each alert-worthy event, and one mail for a whole incident.
import { EventStore } from "madsci-events";
import { openAlerts } from "madsci-events/alert";
import { SMTPServer } from "smtp-server"; // a mail server for this example only

const mails = [];
const server = new SMTPServer({
  disabledCommands: ["STARTTLS", "AUTH"],
  onData(stream, _session, done) {
    const parts = [];
    stream.on("data", (part) => parts.push(part));
    stream.on("end", () => done(null, mails.push(Buffer.concat(parts).toString())));
  },
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const store = await EventStore.open("memory:");

// 1. A hook: every event of level ERROR or with alert: true, one after the other, each at least once, also after a crash.
const hook = store.onAlert((event) => console.log(`hook: ${event.event_type} ${event.event_data.message}`));

// 2. The engine: built-in rules for a lab, incidents instead of single events, mail.
const alerts = await openAlerts(store, {
  smtp: { host: "127.0.0.1", port: server.server.address().port, tls: "none", from: "events@lab.example.org" },
  channels: { mail: { type: "email", to: "ops@lab.example.org" } },
  receivers: { ops: ["mail"] },
  defaults: { groupWait: "300ms" }, // 30 s unless you say so: time for the rest of the trouble to arrive
});

for (const attempt of [1, 2, 3]) {
  await store.append({
    event_type: "node_error",
    log_level: "ERROR",
    source: { node_id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" },
    event_data: { message: `clot in line 3, attempt ${attempt}`, node_name: "pf400" },
  });
}
await hook.idle();

await new Promise((resolve) => setTimeout(resolve, 400));
await alerts.idle();
const [{ recipient, state, notice }] = (await alerts.notifications()).items;
console.log(`${mails.length} mail, ${state} to ${recipient}: ${notice.incident.rule}, ${notice.incident.total} events`);

const [incident] = (await alerts.incidents()).items;
const taken = await alerts.acknowledge(incident.incident_id, { by: "Ada", comment: "on my way" });
console.log(`${taken.total} events, ${taken.state} by ${taken.acknowledged_by}`);

await alerts.close();
await store.close();
server.close();
