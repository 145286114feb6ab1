"""Prints what a benchmark run measured beside its times: ratios, multiples of real time, shares of a core."""

import json
import sys
from pathlib import Path

for bench in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["benchmarks"]:
    facts = ", ".join(f"{name} {value}" for name, value in bench["extra_info"].items())
    print(f"{bench['name']}: {bench['stats']['median']:.4g} s{', ' if facts else ''}{facts}")
