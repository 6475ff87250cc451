"""Asks MADSci's own EventClient for every report a server makes, in every form, and prints the answers as one line of JSON."""

import json
import sys
import tempfile

from madsci.client.event_client import EventClient

url, start, end = sys.argv[1:4]
out = sys.stdout
sys.stdout = sys.stderr

client = EventClient(name="reports", event_server_url=url, log_dir=tempfile.mkdtemp())
window = {"start_time": start, "end_time": end}
calls = {
    "sessions": client.get_session_utilization,
    "periods": client.get_utilization_periods,
    "users": client.get_user_utilization_report,
}
kinds = {"analysis_type": "hourly", "user_timezone": "Europe/Berlin", "include_users": False}
report = {name: call() for name, call in calls.items()}
report["window"] = {name: call(**window) for name, call in calls.items()}
report["hourly"] = client.get_utilization_periods(**window, **kinds)
report["csv"] = {name: call(**window, csv_export=True) for name, call in calls.items()}
saving = {"csv_export": True, "save_to_file": True}
report["saved"] = {name: call(**window, **saving, output_path="from python") for name, call in calls.items()}
report["elsewhere"] = {name: call(**window, **saving, output_path="../up") for name, call in calls.items()}
report["refused"] = {name: call(start_time=end, end_time=start) for name, call in calls.items()}
params = {"strict": "false", "start_time": end, "end_time": start}
report["lenient"] = client.session.get(f"{url}utilization/sessions", params=params, timeout=10).json()

print(json.dumps(report), file=out)
