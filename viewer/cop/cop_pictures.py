"""The pictures that the view of the centre of pressure chooses among."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from viewer.cop.belt_surface import draw_belts
from viewer.cop.butterfly import Wings, butterfly_of, draw_butterfly
from viewer.cop.cop_feet import Feet, feet_of, recent
from viewer.cop.cop_feet_drawing import draw_feet
from viewer.cop.cop_missing import why_empty
from viewer.cop.floor_plan import Plan, font_for, write_wrapped
from viewer.source import Facts, Scene
from viewer.theme import Theme

TRAIL_S = 2.0
"""How long a trail the dot on the belt draws behind it."""


class Picture(Protocol):
    """What stands still."""

    trail_s: ClassVar[float | None]
    """Length of the trail behind the live dot; None for no dot."""
    hint: ClassVar[str]
    """What to know about it."""

    @property
    def complete(self) -> bool:
        """False if it should be made again even though no row was added."""

    def draw(self, painter: QPainter, rect: QRectF, theme: Theme) -> tuple[Plan, ...]:
        """Draw it; where the metres of each foot or belt lie."""


@dataclass(frozen=True)
class FeetPicture:
    """Both feet."""

    feet: Feet
    """What to show."""
    trail_s: ClassVar[float | None] = None
    """No dot."""
    hint: ClassVar[str] = (
        "Path of the centre of pressure under each foot, from the first to the last 200 N. Ahead it counts from the "
        "ball of the foot, sideways from each step's own middle. Midfoot and forefoot strikes can hardly be told apart "
        "by force: not rearfoot is what is known."
    )
    """For the feet."""

    @property
    def complete(self) -> bool:
        """Whether all curves were there."""
        return self.feet.complete

    def draw(self, painter: QPainter, rect: QRectF, theme: Theme) -> tuple[Plan, ...]:
        """Draw them; where each foot's metres lie."""
        return draw_feet(painter, rect, self.feet, theme)


@dataclass(frozen=True)
class ButterflyPicture:
    """The butterfly of each belt."""

    wings: tuple[Wings, ...]
    """What to show."""
    trail_s: ClassVar[float | None] = 0.0
    """A dot without a trail."""
    hint: ClassVar[str] = (
        "Path of the centre of pressure of both feet together: it rides back under the foot that stands, and crosses "
        "to the other one while both stand."
    )
    """For the butterfly."""
    complete: ClassVar[bool] = True
    """Always."""

    def draw(self, painter: QPainter, rect: QRectF, theme: Theme) -> tuple[Plan, ...]:
        """Draw them; where each belt's metres lie."""
        return draw_butterfly(painter, rect, self.wings, theme)


@dataclass(frozen=True)
class BeltPicture:
    """The belts themselves."""

    facts: Facts
    """Their names and size."""
    trail_s: ClassVar[float | None] = TRAIL_S
    """A dot with a trail."""
    hint: ClassVar[str] = "Where the force acts now, and where it acted in the last two seconds; hidden below 200 N."
    """For the belt."""
    complete: ClassVar[bool] = True
    """Always."""

    def draw(self, painter: QPainter, rect: QRectF, theme: Theme) -> tuple[Plan, ...]:
        """Draw them; where each belt's metres lie."""
        return draw_belts(painter, rect, self.facts, theme)


@dataclass(frozen=True)
class Message:
    """Why there is nothing to show."""

    text: str
    """For people."""
    trail_s: ClassVar[float | None] = None
    """No dot."""
    hint: ClassVar[str] = ""
    """Nothing more to say."""
    complete: ClassVar[bool] = False
    """The reason may change."""

    def draw(self, painter: QPainter, rect: QRectF, theme: Theme) -> tuple[Plan, ...]:
        """Write it; there are no metres."""
        painter.setFont(font_for(painter.font(), rect))
        write_wrapped(painter, rect.adjusted(12, 6, -12, -6), self.text, theme.dim)
        return ()


def picture_of(scene: Scene, choice: str) -> Picture:
    """Choose and gather what to show.

    Args:
        scene: The moment.
        choice: One of `CHOICES`.

    Returns:
        The picture.
    """
    steps = recent(scene)
    walking = steps.rows > 0 and steps["gait"][-1] == "walk"
    if reason := why_empty(scene.source, steps, "butterfly" if walking and choice == "feet" else choice):
        return Message(reason)
    if choice == "belt":
        return BeltPicture(scene.source.facts)
    return ButterflyPicture(butterfly_of(scene)) if walking else FeetPicture(feet_of(scene))
