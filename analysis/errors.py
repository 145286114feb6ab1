"""The root of the error tree. Every message says where, what was expected, what was seen, what to do next."""


class StanceError(Exception):
    """Base of every error that a user can meet; it is printed without a traceback.

    Args:
        where: The file, port, key or command concerned.
        expected: What should have been there.
        seen: What was there instead.
        next_step: What to type or do next; empty if nothing helps.
    """

    def __init__(self, where: str, *, expected: str, seen: str, next_step: str = "") -> None:
        self.where = where
        self.expected = expected
        self.seen = seen
        self.next_step = next_step
        text = f"{where}: expected {expected}, saw {seen}."
        super().__init__(f"{text} {next_step}" if next_step else text)

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the parts, notes included, when an error crosses from the recorder process to the caller."""
        return _rebuild, (type(self), self.where, self.expected, self.seen, self.next_step), self.__dict__


def _rebuild(kind: type[StanceError], where: str, expected: str, seen: str, next_step: str) -> StanceError:
    return kind(where, expected=expected, seen=seen, next_step=next_step)


class AnalysisError(StanceError):
    """Raised when an analysis cannot be made of what it was given."""
