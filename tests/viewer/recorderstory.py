"""A recorder that only tells how it is and notes what it was told."""

from viewer.source import Facts, Happening, Scene, Status

FACTS = Facts("frame_8", "frame_8", "R07", "run", 1000.0, ("",), frozenset(("Fx", "Fy", "Fz", "Mx", "My", "Mz")), 3.3)


class Told:
    """Commands that were given; `say` answers the oldest of a name."""

    def __init__(self):
        self.calls, self._answers = [], []

    def send(self, command, **args):
        self.calls.append((command, args))

    def say(self, command, wrong=""):
        self._answers.append((command, wrong))

    def answers(self):
        said, self._answers = self._answers, []
        return said


class Story:
    """A source without data: only what toolbar and health line read."""

    take, first_s, last_s, working, missing = 0, 0.0, 0.0, "", {}

    def __init__(self, status=None, *, lights=(), bw_N=800.0, facts=FACTS):
        self.status, self.lights, self.bw_N, self.facts = status, lights, bw_N, facts
        self.live = status is not None
        self.commands = Told() if self.live else None
        self.happenings = (Happening(1.0, "bout", "easy"),)

    def scene(self, in_BW=False):
        return Scene(self, 0.0, 0, in_BW)


WAITING = Status("waiting", elapsed_s=10.0, rate_Hz=1000.0)
RECORDING = Status(
    "recording", "/data/r07_easy_then_fast.h5", 83.4, 1000.2, latency_ms=38.0, clock_ppm=-12.0,
    disk_free_bytes=32 * 10**9, disk_left_s=18600.0,
)  # fmt: skip
ENDED = Status("ended", "/data/r07_easy_then_fast.h5", 83.4)
SILENT = Status("silent", "/data/r07_easy_then_fast.h5", 83.4)
