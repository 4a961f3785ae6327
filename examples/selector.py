"""A selector of your own: of the models that the budget allows, the fastest by what was measured so far.
One JSON message a line comes in, one answer a line goes out: `testbed schema selector` describes them."""
import json
import sys


def expected(option, device, times):
    """Nanoseconds to get the model ready, and to answer as fast as lately, or at first as in its profile."""
    ready = option["model"] in device.get("loaded", [])
    held = ready or option["model"] in device.get("held", [])
    fetch = 0 if held else 8e9 * option["size"] / (device["down_bps"] or 1e9)
    answer = sum(times) / len(times) if times else option["preprocess_ns"] + option["infer_ns"]
    return fetch + (0 if ready else option["load_ns"]) + answer


for line in sys.stdin:
    m = json.loads(line)
    answer = {"id": m["id"]}
    if m["type"] == "trial":  # nothing that was learnt in others may count in it
        options = [o for o in m["options"] if o["accuracy"] >= m["floor"]]
        times = {o["label"]: [] for o in m["options"]}
    elif m["type"] == "select":
        devices = {d["name"]: d for d in m["observation"]["devices"]}
        best = min(options, key=lambda o: expected(o, devices[o["node"]], times[o["label"]][-5:]))
        answer |= {"choice": best["label"], "reason": "the fastest of " + str(len(options)) + " so far"}
    elif m["type"] == "learn" and not m["failed"]:
        times[m["option"]].append(m["total_ns"] - m["observed"]["fetch_ns"] - m["observed"]["load_ns"])
    if m["type"] != "learn":  # which has no answer
        print(json.dumps(answer), flush=True)
