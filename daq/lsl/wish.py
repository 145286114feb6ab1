"""What is wanted of LSL."""

import json
from dataclasses import asdict, dataclass

from daq.errors import FormatError

__all__ = ["Wish"]


@dataclass(frozen=True)
class Wish:
    """What to send, what to hear, how far."""

    name: str | None = None
    """Family name of the streams to send (NAME-force, NAME-steps, NAME-markers); None sends nothing."""
    markers: str | None = None
    """Foreign markers to record: "all", the name of a stream, or an XPath predicate; None records none."""
    network: bool = False
    """Open to the network; otherwise to this machine only."""

    @property
    def anything(self) -> bool:
        """Whether LSL is wanted at all."""
        return self.name is not None or self.markers is not None

    def to_json(self) -> str:
        """Write it down."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Wish":
        """Read it again.

        Args:
            text: Of `to_json`.

        Returns:
            The wish.

        Raises:
            FormatError: It is something else.
        """
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise FormatError("LSL", expected="a wish as JSON", seen=text[:80]) from error
