"""Drives MADSci's own EventClient against a server and prints what it sent and what it read, as one line of JSON.

Nothing of the client is changed. Requests the client has no (working) method for go through its own HTTP session.
"""

import contextlib
import json
import sys
import tempfile
import time
from importlib.metadata import version

from madsci.client.event_client import EventClient
from madsci.common.types.auth_types import OwnershipInfo
from madsci.common.types.event_types import Event, EventLogLevel, EventType

NODE = "01JNDE00000000000000000001"
EXPECTED = 10
url = sys.argv[1]
out = sys.stdout
sys.stdout = sys.stderr


def dump(event):
    return json.loads(event.model_dump_json())


def wait_for(client, count):
    deadline = time.monotonic() + 20
    while True:
        events = client.get_events(number=100, level=0)
        if len(events) >= count or time.monotonic() > deadline:
            return events
        time.sleep(0.05)


def post(client, path, body):
    response = client.session.post(f"{url}{path}", json=body, timeout=10)
    response.raise_for_status()
    return response.json()


client = EventClient(name="interop", event_server_url=url, log_dir=tempfile.mkdtemp(), log_level=EventLogLevel.DEBUG)
report = {"version": version("madsci.client")}

# All levels, context, an exception, an alert in words (version 0.7.1 sends that one twice).
client.debug("debug words", volume_ul=1.5)
client.info("info words", plate={"rows": 8, "wells": ["A1", "B2"]})
client.warning("warning words")
client.error("error words", code=None)
client.bind(step=3).critical("critical words")
try:
    raise ValueError("broken tip")
except ValueError:
    client.exception("exception words")
client.alert("alert words")

# Whole events.
started = Event(
    event_type=EventType.NODE_START,
    log_level=EventLogLevel.INFO,
    source=OwnershipInfo(node_id=NODE),
    event_data={"message": "robot arm is up", "big": 2**60, "text": "é 😀", "deep": {"a": [1, [2, None]]}},
)
client.log(started)
alerting = Event(event_type=EventType.WORKFLOW_COMPLETE, event_data={"ok": True})
client.alert(alerting)
client.log({"plain": "data"}, level=EventLogLevel.WARNING)

listed = wait_for(client, EXPECTED)
time.sleep(0.2)
listed = client.get_events(number=100, level=0)
report["listed"] = {key: dump(event) for key, event in listed.items()}
report["sent"] = [dump(started), dump(alerting)]
read = [client.get_event(event.event_id) for event in (started, alerting)]
report["read"] = [dump(event) for event in read]
report["equal"] = [back.event_data == event.event_data for back, event in zip(read, (started, alerting))]
report["errors"] = [dump(event) for event in client.get_events(number=100, level=40).values()]
report["newest"] = [dump(event) for event in client.get_events(number=3, level=0).values()]

selector = {"source.node_id": NODE, "event_data.deep.a": 1}
report["queried"] = post(client, "events/query", selector)
with contextlib.suppress(Exception):
    report["queried_by_method"] = {key: dump(event) for key, event in client.query_events(selector).items()}

missing = client.session.get(f"{url}event/absent", timeout=10)
report["missing"] = [missing.status_code, missing.json()]

report["archived"] = post(client, "events/archive", {"event_ids": [started.event_id]})
report["left"] = list(client.get_events(number=100, level=0))
archive = client.session.get(f"{url}events/archived", timeout=10).json()
report["archive"] = {key: dump(Event.model_validate(value)) for key, value in archive.items()}
report["health"] = client.session.get(f"{url}health", timeout=10).json()

print(json.dumps(report), file=out)
