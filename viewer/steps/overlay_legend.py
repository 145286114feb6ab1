"""What the colours and lines of the step overlay mean, in words."""

from viewer.report.words import count
from viewer.source import Scene
from viewer.steps.foot_view import FootView, Options, Scale
from viewer.steps.reference import Reference
from viewer.theme import Theme

IMPACT = "heel impact (limb stopping)"
LOADING = "midfoot loading (rest of the body)"


def legend(theme: Theme, options: Options, views: list[FootView], reference: str, *, brief: bool) -> str:
    """The legend.

    Args:
        theme: Colours.
        options: What is shown.
        views: Of each foot.
        reference: What is said of the reference; empty if there is none.
        brief: Only what cannot be guessed.

    Returns:
        Rich text.
    """
    entries = [] if brief else [(theme.ink, "—", "newest step"), (theme.dim, "▬", "mean ± SD")]
    if any(view.parts for view in views):
        of = ", mean" if options.mean_parts else ""
        doubts = dict.fromkeys(view.doubt for view in views if view.parts and view.doubt)
        faded = f", faded: {', '.join(doubts)}" if doubts else ""
        entries += [(theme.impact, "■", IMPACT + of + faded), (theme.body, "■", LOADING + of)]
    if any(view.peak for view in views) and not brief:
        entries.append((theme.ink, "●", "impact peak"))
    if any(view.rate for view in views) and not brief:
        entries.append((theme.ink, "╱", "loading rate"))
    if reference:
        entries.append((theme.dim, "┄", reference))
    words = (f'<span style="color:{c}">{mark}</span>&nbsp;{_unbroken(text)}' for c, mark, text in entries)
    return "&nbsp;&nbsp; ".join(words)


def reference_words(reference: Reference | None, scene: Scene, options: Options, *, running: bool) -> tuple[str, bool]:
    """What is said of the reference, and whether it is drawn.

    Args:
        reference: What to compare with, if anything.
        scene: The moment.
        options: What is shown.
        running: Whether the steps shown are running steps.

    Returns:
        Words, empty if there is none; and whether it may be drawn.
    """
    if reference is None:
        return "", False
    name = f"reference: {reference.title}"
    here = scene.source.facts.protocol
    if reference.protocol != here:
        return f"{name} not shown: analysed under {reference.protocol}, this under {here}", False
    if not running:
        return f"{name} not shown: it is of running", False
    if options.component not in reference.sides[-1].mean_BW:
        return f"{name} not shown: its rig does not measure fore-aft force", False
    if not Scale.of(scene).per_BW > 0.0:
        return f"{name} not shown until body weight is known", False
    return f"{name} ({count(reference.steps, 'step')})", True


def _unbroken(text: str) -> str:
    """A legend breaks between entries, not within them."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    return safe.replace(" ", "&nbsp;") if len(text) < 40 else safe
