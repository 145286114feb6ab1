"""Makes the pictures of the window in docs/img with the commands that users type, without a screen.

    python tools/make_pictures.py

They show the built-in runner on the virtual treadmill.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

IMAGES = Path(__file__).parents[1] / "docs" / "img"
RUNNER = ("--mass", "82.9", "--stature", "1.8")
TARGETS = """[cadence_spm]
low = 180
high = 188

[contact_time_ms]
low = 225
high = 245
"""


def main() -> None:
    """Record a session, and write the pictures of it and of the recording."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="stance-pictures-") as name:
        folder = Path(name)
        session, targets = folder / "anna_run_1.h5", folder / "targets.toml"
        targets.write_text(TARGETS, encoding="utf-8")
        url = "virtual://virtual?seed=1&speed=max"
        _stance("record", "--port", url, *RUNNER, "--seconds", "90", "--bout", "easy", "-o", session)
        _picture("window", "replay", session, "--at", "62", "--theme", "light")
        _picture(
            "window-large", "replay", session, "--at", "62", "--theme", "dark", "--page", "large", "--targets", targets
        )
        _picture("window-compare", "replay", session, "--at", "62", "--theme", "light", "--page", "compare")
        _live(folder / "live.h5")
        calibration = IMAGES / "window-calibrate.png"
        subprocess.run([sys.executable, Path(__file__).with_name("picture_calibration.py"), calibration], check=True)


def _live(session: Path) -> None:
    """The window of a recorder that runs."""
    port = ("--port", "virtual://virtual?seed=1")
    command = [sys.executable, "-m", "stance", "record", *port, *RUNNER, "--bout", "easy", "-o", str(session)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as one:
        time.sleep(25.0)
        _picture("window-live", "view", session, "--theme", "dark")
        one.terminate()


def _picture(name: str, *arguments: object) -> None:
    path = IMAGES / f"{name}.png"
    _stance(*arguments, "--screenshot", path)
    print(path.name, path.stat().st_size, "bytes")


def _stance(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "stance", *map(str, arguments)], check=True, capture_output=True)


if __name__ == "__main__":
    main()
