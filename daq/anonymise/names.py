"""The words of a runner's name, wherever they stand: in a bout `anna_easy`, in `AnnaEasy2`, in ANNA-easy."""

import re
import unicodedata
from collections.abc import Iterable

LONG_ENOUGH = 3
"""Letters of a word that says who somebody is; shorter ones are initials and particles."""
NO_NAMES = frozenset(
    {
        "anon",
        "anonymous",
        "athlete",
        "baseline",
        "belt",
        "client",
        "control",
        "deck",
        "example",
        "force",
        "frame",
        "imported",
        "lab",
        "laboratory",
        "name",
        "none",
        "patient",
        "participant",
        "person",
        "pilot",
        "plate",
        "rig",
        "run",
        "runner",
        "running",
        "session",
        "split",
        "subject",
        "test",
        "tester",
        "treadmill",
        "trial",
        "unknown",
        "virtual",
        "volunteer",
        "walker",
        "and",
        "der",
        "die",
        "the",
        "van",
        "von",
    }
)
"""Words that name nobody, though they may stand in what a runner is called: "runner 7"."""
_RUN = re.compile(r"[^\W\d_]+")
"""Letters without a break: digits and underscores end a word."""
_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-ZÀ-Þ])(?=[A-ZÀ-Þ][a-zß-ÿ])")
_CAPITALS = re.compile(r"(?<=[A-ZÀ-Þ]{2})(?=[a-zß-ÿ])")
"""Where a word in capitals runs into one in small letters: "ANNAeasy"."""


def name_words(name: str) -> list[str]:
    """What of a name tells who it is.

    Args:
        name: The runner's name.

    Returns:
        Words of at least three letters as they were written, in order, without those that name nobody.
    """
    found = [word for run in _RUN.findall(_composed(name)) for word in (run, *_CAMEL.split(run))]
    return [word for word in dict.fromkeys(found) if len(word) >= LONG_ENOUGH and folded(word) not in NO_NAMES]


def words_in(text: str) -> frozenset[str]:
    """Every word of a text, folded; `_`, digits and the humps of camelCase part words, and so does nothing at all.

    Args:
        text: The text.

    Returns:
        The words, those in one run of letters also joined.
    """
    runs = _RUN.findall(_composed(text))
    parts = [part for run in runs for how in (_CAMEL, _CAPITALS) for part in how.split(run)]
    return frozenset(folded(word) for word in (*runs, *parts))


def names_in(name: str, text: str) -> list[str]:
    """Which words of a name stand in a text.

    Args:
        name: The runner's name.
        text: The text.

    Returns:
        The words; the whole name where it stands there as one word, as in "annasmith_easy", or has no word of its own.
    """
    there = words_in(text)
    found = [word for word in name_words(name) if folded(word) in there]
    runs = _RUN.findall(_composed(name))
    whole, squeezed = (folded("".join(parts)) for parts in (runs, _RUN.findall(_composed(text))))
    if not found and len(runs) > 1 and len(whole) > LONG_ENOUGH and whole in squeezed:
        found = [name]
    return found or [name] * has_word(name, text)


def has_word(word: str, text: str) -> bool:
    """Whether a word stands in a text, upper and lower case alike.

    Args:
        word: The word, or several.
        text: The text.

    Returns:
        Whether it does, not as a part of a longer word.
    """
    return re.search(rf"(?<!\w){re.escape(word.strip())}(?!\w)", text, re.IGNORECASE) is not None


def folded(word: str) -> str:
    """A word without the differences of case and accents: "Änne" and "ANNE" are one."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def spelled_bytes(words: Iterable[str], shortest: int) -> list[bytes]:
    """Patterns that find words in bytes, upper and lower case alike, in UTF-8 and UTF-16.

    Args:
        words: The words.
        shortest: Fewest bytes; fewer occur by chance in packed numbers.

    Returns:
        Regular expressions.
    """
    found = []
    for word in words:
        for encoding in ("utf-8", "utf-16-le"):
            if len(word.encode(encoding)) >= shortest:
                cases = [{case.encode(encoding) for case in (one.lower(), one.upper(), one)} for one in word]
                found.append(b"".join(b"(?:" + b"|".join(map(re.escape, sorted(one))) + b")" for one in cases))
    return found


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
