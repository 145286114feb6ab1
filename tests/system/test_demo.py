"""The demo, run as a user runs it, against the same analysis of the force that was fed in."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from rigs.runners import load_runner
from stance.api import analyze
from tests.system.chain import analyse_force, match


def stance(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "stance", *map(str, arguments)], capture_output=True, text=True, check=False, **options
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    directory = tmp_path_factory.mktemp("demo") / "made" / "by it"
    done = stance("demo", "--headless", "--seconds", 20, "--out", directory, "--json")
    assert done.returncode == 0, done.stderr
    return directory, json.loads(done.stdout)


@pytest.fixture(scope="module")
def truth():
    runner = load_runner("davis")
    repeats = int(np.ceil(20.0 / runner.period_s))
    return analyse_force(
        np.tile(runner.wrench, (1, repeats))[:, : int(20 * runner.sample_rate_Hz)], runner.sample_rate_Hz
    )


def test_nothing_is_lost(demo):
    _, results = demo
    assert results["frames"] == 20_000
    assert results["lost_frames"] == 0
    assert results["gaps"] == []
    assert results["link"]["crc_errors"] == 0
    assert results["link"]["bytes_received"] == sum(
        results["link"][name] for name in ("frame_bytes", "control_bytes", "skipped_bytes", "pending_bytes")
    )


@pytest.mark.validate
def test_steps_equal_those_of_the_force_fed_in(demo, truth):
    _, results = demo
    steps, true = match(analyze(results["session"]).steps, truth)
    assert true.rows >= 57
    assert steps["valid"].all()
    contact = steps["contact_time_ms"] - true["contact_time_ms"]
    assert abs(contact.mean()) <= 1.0
    assert np.abs(contact).max() <= 2.0
    for column, bar in (("active_peak_N", 0.005), ("vertical_impulse_BW_s", 0.003), ("braking_impulse_BW_s", 0.02)):
        assert steps[column] == pytest.approx(true[column], rel=bar), column
        ratio = steps[column] / true[column] - 1
        print(f"demo: {column}: mean {100 * ratio.mean():.3f} %, worst step {100 * np.abs(ratio).max():.3f} %")
    print(f"demo: contact time: mean {contact.mean():.3f} ms, worst step {np.abs(contact).max():.3f} ms")


def test_the_file_holds_what_the_json_says(demo):
    directory, results = demo
    assert results["session"] == str(directory / "session.h5")
    again = json.loads(stance("analyze", directory / "session.h5", "--json").stdout)
    for key in ("steps", "summary", "by_side", "frames", "gaps", "duration_s", "bw_N", "protocol", "rig"):
        assert again[key] == results[key], key


def test_report_shows_the_numbers(demo):
    directory, results = demo
    page = (directory / "report.html").read_text(encoding="utf-8")
    assert f"{results['summary']['contact_time_ms']['mean']:.1f}" in page
    addresses = set(re.findall(r"https?://[^\s\"'<>]+", page))
    assert all(address.startswith(("http://www.w3.org/", "http://purl.org/", "http://creativecommons.org/"))
               for address in addresses), addresses  # fmt: skip


def test_nothing_is_overwritten(demo):
    directory, _ = demo
    before = (directory / "session.h5").read_bytes()
    done = stance("demo", "--headless", "--out", directory)
    assert done.returncode == 2
    assert "report.html: expected a new file" in done.stderr
    assert "Traceback" not in done.stderr
    assert (directory / "session.h5").read_bytes() == before
