"""The other end of LSL, in a process of its own: `python lsl_child.py listen FILE` or `send NAME COUNT EVERY_S`.

`listen` says "open" once it hears all three streams, reads until the marker "stop" has come, and saves what it got.
`send` says, one line each, the LSL time of every marker that it sent; it begins and ends by lines on standard input.
"""

import sys
import time

import numpy as np
import pylsl


def resolve(name):
    found = pylsl.resolve_byprop("name", name, timeout=60)
    return pylsl.StreamInlet(found[0], max_buflen=3600)


def listen(path):
    force, steps, markers = (resolve(f"lab-{kind}") for kind in ("force", "steps", "markers"))
    description = force.info(10).as_xml()
    for inlet in (force, steps, markers):
        inlet.open_stream(10)
    print("open", flush=True)
    got = {"force": ([], []), "steps": ([], []), "markers": ([], [])}
    ages, over, give_up = [], None, time.monotonic() + 1200
    while (over is None or time.monotonic() < over) and time.monotonic() < give_up:
        for name, inlet in (("force", force), ("steps", steps), ("markers", markers)):
            values, stamps = inlet.pull_chunk(timeout=0.0, max_samples=4096)
            got[name][0].extend(values)
            got[name][1].extend(stamps)
            if name == "force" and stamps:
                ages.append(pylsl.local_clock() - stamps[-1])
            if name == "markers" and ["stop"] in values:
                over = time.monotonic() + 0.5
        time.sleep(0.005)
    arrays = {
        f"{name}_{what}": np.array(some) for name, both in got.items() for what, some in zip("vt", both, strict=True)
    }
    np.savez(path, ages=ages, description=description, **arrays)


def send(name, count, every_s):
    outlet = pylsl.StreamOutlet(pylsl.StreamInfo(name, "Markers", 1, 0, pylsl.cf_string, f"{name}-id"))
    print("open", flush=True)
    sys.stdin.readline()
    for k in range(count):
        now = pylsl.local_clock()
        outlet.push_sample([f"{name} {k}"], now)
        print(now, flush=True)
        time.sleep(every_s)
    sys.stdin.readline()


if __name__ == "__main__":
    if sys.argv[1] == "listen":
        listen(sys.argv[2])
    else:
        send(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
