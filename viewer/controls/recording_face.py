"""What the recording controls show for each state of a recorder. No Qt."""

from dataclasses import dataclass
from pathlib import Path

from viewer.health.ending import how_to_recover
from viewer.source import Status

GOES_ON = "Closing the window does not stop it: the recorder works on its own"


@dataclass(frozen=True)
class Face:
    """What is shown."""

    button: str = ""
    """"record" or "stop"; empty hides the button."""
    word: str = ""
    """On the button: what it will do, or is doing."""
    pressable: bool = False
    """Whether the button can be pressed."""
    does: str = ""
    """The button's tooltip."""
    clock: str = ""
    """Time recorded, with the dot that says so."""
    line: str = ""
    """Beside it: the file, or what is the matter."""
    hint: str = ""
    """The file's whole path."""
    level: str = ""
    """"red" for a line that somebody must act on."""
    replay: str = ""
    """Finished session that can be opened."""
    marks: bool = False
    """Whether markers and notes have something to stand in."""
    answers: bool = False
    """Whether there is anybody to command."""


def face_of(status: Status, *, starting: bool = False, stopping: bool = False, died: bool = False) -> Face:
    """Say what to show.

    Args:
        status: The recorder's.
        starting: `start` was sent, and not answered yet.
        stopping: `stop` was.
        died: The recorder is gone, and has left no session.

    Returns:
        What to show.
    """
    if died:
        line = f"The recorder died; what was recorded: {how_to_recover(name_of(status))}"
        return Face(line=line, hint=f"Type: {how_to_recover(status.session)}", level="red")
    if status.state == "ended":
        line = f"Recording ended: {name_of(status)}" if status.session else "The recorder has ended"
        return Face(line=line, hint=status.session, replay=status.session)
    if status.state == "silent":
        hint = "It may still be recording: look at its terminal. The window goes on by itself when it answers again."
        return Face("record", "Record", line="The recorder does not answer", hint=hint, does="no recorder answers")
    if status.state == "waiting":
        line = f"Saved: {name_of(status)}" if status.session else "Nothing is being recorded"
        word = "Starting…" if starting else "Record"
        return Face(
            "record", word, not starting, "Start recording", line=line, hint=status.session, replay=status.session,
            answers=True,
        )  # fmt: skip
    return Face(
        "stop",
        "Stopping…" if stopping else "Stop",
        not stopping,
        f"Stop recording. {GOES_ON}",
        f"● {clock(status.elapsed_s)}",
        name_of(status) if status.session else "shown only, not kept",
        status.session or "The recorder was started without a file: nothing is stored",
        marks=True,
        answers=True,
    )


def name_of(status: Status) -> str:
    """The session's file name."""
    return Path(status.session).name


def clock(seconds: float) -> str:
    """A time as on a stop watch: "1:23", "1:02:03"."""
    minutes, rest = divmod(int(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
