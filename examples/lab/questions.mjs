// Five questions about the lab's last seconds; each is one selector and a few lines that lay out the answer.

const clock = (event) => event.event_timestamp.slice(11, 23);

/** @param {Record<string, string>} names of nodes by id */
export function questions(names, since) {
  const nameOf = (event) => names[event.source.node_id] ?? "lab";
  const row = (event) => ({ time: clock(event), node: nameOf(event), message: event.event_data.message });
  return [
    {
      title: "What failed?",
      route: "/events/query",
      selector: { log_level: { $gte: 40 } },
      rows: (events) => events.map((event) => ({ ...row(event), error: event.event_data.error?.message ?? "" })),
    },
    {
      title: "How many actions did each node finish, and how long did they take?",
      selector: { event_type: "action_complete", "event_data.duration_ms": { $gt: 0 } },
      rows: (events) =>
        Object.values(names).map((node) => {
          const own = events.filter((event) => nameOf(event) === node);
          const totalMs = own.reduce((sum, event) => sum + event.event_data.duration_ms, 0);
          return { node, actions: own.length, "mean ms": own.length ? Math.round(totalMs / own.length) : "" };
        }),
    },
    {
      title: "Which workflows ended, and after how long?",
      selector: { event_type: { $in: ["workflow_start", "workflow_complete", "workflow_abort"] } },
      rows: (events) => workflows(events),
    },
    {
      title: "Which clocks are wrong by more than a minute?",
      selector: { $or: [{ skew_ms: { $gt: 60_000 } }, { skew_ms: { $lt: -60_000 } }], received_at: { $gte: since } },
      rows: (events) => skews(events, nameOf),
    },
    {
      title: "Who should have been woken, and for what?",
      selector: { $and: [{ alert: true }, { "event_data.message": { $regex: "failed|door" } }] },
      rows: (events) => events.map((event) => ({ ...row(event), type: event.event_type })),
    },
  ];
}

function workflows(events) {
  const starts = new Map(events.filter((e) => e.event_type === "workflow_start").map((e) => [e.source.workflow_id, e]));
  return events
    .filter((event) => event.event_type !== "workflow_start")
    .map((event) => {
      const start = starts.get(event.source.workflow_id);
      const seconds = (Date.parse(event.event_timestamp) - Date.parse(start?.event_timestamp)) / 1000;
      return { workflow: event.event_data.name, ended: event.event_type, "after s": seconds.toFixed(2) };
    });
}

function skews(events, nameOf) {
  const groups = new Map();
  for (const event of events) {
    const of = nameOf(event) === "lab" ? event.event_data.message : nameOf(event);
    const group = groups.get(of) ?? { source: of, events: 0, "clock off by s": "" };
    group.events++;
    group["clock off by s"] = (-event.skew_ms / 1000).toFixed(1);
    groups.set(of, group);
  }
  return [...groups.values()];
}
