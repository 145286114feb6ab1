"""Which questions are open: tokens and the times at which they were asked."""

from daq.clockfit import RoundTrip
from daq.errors import ProtocolError
from daq.wire import REPLY, ClockReply, Control, Kind

__all__ = ["Pending"]


class Pending:
    """Matches answers to questions by their token.

    Args:
        forget_s: A question without answer is forgotten after this, s: tokens come round.
    """

    def __init__(self, forget_s: float = 5.0) -> None:
        self._forget_s = forget_s
        self._asked: dict[int, tuple[int, float]] = {}

    def __len__(self) -> int:
        """Count the open questions."""
        return len(self._asked)

    def awaits(self, token: int | None) -> bool:
        """Whether the question with this token is still open."""
        return token in self._asked

    def sent(self, token: int, kind: int, now_s: float) -> None:
        """Note a question.

        Args:
            token: Its token.
            kind: Its kind.
            now_s: Host clock just before it was written, s.
        """
        old = [t for t, (_, asked_s) in self._asked.items() if now_s - asked_s > self._forget_s or t == token]
        for forgotten in old:
            del self._asked[forgotten]
        self._asked[token] = (kind, now_s)

    def answered(self, control: Control) -> tuple[Kind, float] | None:
        """Find, and forget, the question to an answer.

        Args:
            control: A control frame of the device.

        Returns:
            The question's kind and when it was asked, s; None if the frame answers nothing that is open.
        """
        kind, asked_s = self._asked.get(control.token, (None, 0.0))
        if kind is None or control.kind not in (kind | REPLY, Kind.ERROR):
            return None
        del self._asked[control.token]
        return Kind(kind), asked_s

    def match(self, control: Control, received_s: float) -> RoundTrip | None:
        """Make a round trip of an answer to CLOCK.

        Args:
            control: A control frame of the device.
            received_s: Host clock just after its bytes were read (`Link.heard_s`), s.

        Returns:
            The round trip; None for any other frame, a refusal, or a mutilated answer.
        """
        found = self.answered(control)
        if found is None or found[0] != Kind.CLOCK or control.kind == Kind.ERROR:
            return None
        try:
            reply = ClockReply.decode(control.payload)
        except ProtocolError:
            return None
        return RoundTrip(sent_s=found[1], received_s=received_s, tick=reply.tick, boot=reply.boot)
