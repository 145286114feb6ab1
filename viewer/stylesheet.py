"""The look of buttons, menus, dialogs and text fields: one style sheet and palette for the whole application.

There is no rule for QWidget as such: the views paint themselves. Sizes of type follow the application's font.
"""

from dataclasses import dataclass

from PySide6.QtGui import QColor, QGuiApplication, QPalette

from viewer.theme import Theme

BIG, SMALL = 1.2, 0.92
"""Sizes of type against the application's font."""
STATES = ("green", "amber", "red", "info")
"""Levels of the health line, as the property "level" of a label or frame."""


@dataclass(frozen=True)
class Shades:
    """Colours between those of a theme, as #rrggbb."""

    button: str
    """A button's ground."""
    hover: str
    """The same under the mouse."""
    pressed: str
    """The same while pressed."""
    border: str
    """Around buttons and fields."""
    disabled: str
    """Text of what cannot be used now."""
    on_accent: str
    """Text on the accent colour."""
    on_bad: str
    """Text on the red of a running recording."""


def shades(theme: Theme) -> Shades:
    """Work out the shades of a theme.

    Args:
        theme: The theme.

    Returns:
        Its shades.
    """
    on_strong = "#ffffff" if theme.name == "light" else theme.window
    return Shades(
        button=theme.panel,
        hover=mix(theme.panel, theme.accent, 0.10),
        pressed=mix(theme.panel, theme.accent, 0.20),
        border=mix(theme.window, theme.ink, 0.28),
        disabled=mix(theme.window, theme.ink, 0.52),
        on_accent=on_strong,
        on_bad=on_strong,
    )


def mix(first: str, second: str, share: float) -> str:
    """A colour between two others.

    Args:
        first: As #rrggbb.
        second: As #rrggbb.
        share: Of the second, 0 to 1.

    Returns:
        As #rrggbb.
    """
    pairs = ((int(first[at : at + 2], 16), int(second[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(one + share * (other - one)):02x}" for one, other in pairs)


def points(scale: float = 1.0) -> float:
    """Size of type.

    Args:
        scale: Against the application's font.

    Returns:
        Size in points.
    """
    font = QGuiApplication.font()
    size = font.pointSizeF()
    return round(scale * (size if size > 0 else 0.75 * font.pixelSize()), 1)


def palette(theme: Theme) -> QPalette:
    """Colours of everything that no rule of the style sheet names.

    Args:
        theme: The theme.

    Returns:
        For QApplication.setPalette.
    """
    shade, role = shades(theme), QPalette.ColorRole
    colours = {
        role.Window: theme.window, role.WindowText: theme.ink, role.Base: theme.panel, role.AlternateBase: theme.window,
        role.Text: theme.ink, role.Button: shade.button, role.ButtonText: theme.ink, role.BrightText: theme.bad,
        role.ToolTipBase: theme.panel, role.ToolTipText: theme.ink, role.PlaceholderText: theme.dim,
        role.Highlight: theme.accent, role.HighlightedText: shade.on_accent, role.Accent: theme.accent,
        role.Link: theme.accent, role.LinkVisited: theme.accent, role.Light: mix(theme.panel, "#ffffff", 0.1),
        role.Midlight: theme.panel, role.Mid: shade.border, role.Dark: mix(theme.window, theme.ink, 0.4),
        role.Shadow: mix(theme.window, "#000000", 0.6),
    }  # fmt: skip
    made = QPalette()
    for which, colour in colours.items():
        made.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, QColor(shade.disabled))
    return made


def stylesheet(theme: Theme) -> str:
    """Rules for the widgets of the whole application.

    Args:
        theme: The theme.

    Returns:
        For QApplication.setStyleSheet.
    """
    shade = shades(theme)
    return "\n".join((_buttons(theme, shade), _fields(theme, shade), _surfaces(theme, shade), _labels(theme)))


def _buttons(theme: Theme, shade: Shades) -> str:
    plain = f"color: {theme.ink}; background: {shade.button}; border: 1px solid {shade.border}; border-radius: 5px"
    focus = f"border: 2px solid {theme.accent}"
    return f"""
QToolButton, QPushButton {{ {plain}; padding: 4px 8px; }}
QToolButton:hover, QPushButton:hover {{ color: {theme.ink}; background: {shade.hover}; border-color: {theme.accent}; }}
QToolButton:pressed, QPushButton:pressed {{ color: {theme.ink}; background: {shade.pressed}; }}
QToolButton:checked, QPushButton:checked {{
    color: {shade.on_accent}; background: {theme.accent}; border-color: {theme.accent}; }}
QToolButton:disabled, QPushButton:disabled {{
    color: {shade.disabled}; background: {theme.window}; border-color: {theme.grid}; }}
QToolButton:focus, QPushButton:focus {{ {focus}; padding: 3px 7px; }}
QToolButton:checked:focus {{ border: 2px solid {theme.ink}; padding: 3px 7px; }}
QToolButton::menu-indicator {{ image: none; width: 0px; }}
QToolButton[role="record"] {{ font-size: {points(BIG)}pt; font-weight: bold; padding: 4px 12px; }}
QToolButton[role="record"]:focus {{ padding: 3px 11px; }}
QToolButton[role="stop"] {{ color: {shade.on_bad}; background: {theme.bad}; border-color: {theme.bad};
    font-size: {points(BIG)}pt; font-weight: bold; padding: 4px 12px; }}
QToolButton[role="stop"]:hover {{ color: {shade.on_bad}; background: {theme.bad}; border: 2px solid {theme.ink};
    padding: 3px 11px; }}
QToolButton[role="stop"]:focus {{ border: 2px solid {theme.ink}; padding: 3px 11px; }}
QToolButton[role="quiet"] {{ color: {theme.ink}; background: transparent; border-color: transparent; }}
QToolButton[role="quiet"]:hover {{ color: {theme.ink}; background: {shade.hover}; border-color: {theme.accent}; }}
QToolButton[role="quiet"]:focus {{ border: 2px solid {theme.accent}; }}
QPushButton:default {{ border: 2px solid {theme.accent}; padding: 3px 7px; }}
QCheckBox, QRadioButton {{ color: {theme.ink}; background: transparent; spacing: 6px; }}
QCheckBox:focus, QRadioButton:focus {{ border: 2px solid {theme.accent}; border-radius: 4px; }}"""


def _fields(theme: Theme, shade: Shades) -> str:
    """Combo boxes themselves are left to the palette: with a rule they lose their arrow."""
    plain = f"color: {theme.ink}; background: {theme.panel}; border: 1px solid {shade.border}; border-radius: 4px"
    chosen = f"selection-color: {shade.on_accent}; selection-background-color: {theme.accent}"
    return f"""
QLineEdit, QPlainTextEdit, QTextEdit {{ {plain}; padding: 4px 6px; {chosen};
    placeholder-text-color: {theme.dim}; }}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus {{ border: 2px solid {theme.accent}; padding: 3px 5px; }}
QLineEdit:disabled {{ color: {shade.disabled}; background: {theme.window}; }}
QComboBox QAbstractItemView {{ {plain}; {chosen}; }}"""


def _surfaces(theme: Theme, shade: Shades) -> str:
    floating = f"background: {theme.panel}; border: 1px solid {shade.border}; border-radius: 8px"
    return f"""
QToolTip {{ color: {theme.ink}; background: {theme.panel}; border: 1px solid {shade.border}; padding: 4px; }}
QMenu {{ color: {theme.ink}; background: {theme.panel}; border: 1px solid {shade.border}; padding: 4px; }}
QMenu::item {{ padding: 5px 22px 5px 12px; border-radius: 4px; }}
QMenu::item:selected {{ color: {shade.on_accent}; background: {theme.accent}; }}
QMenu::item:disabled {{ color: {shade.disabled}; background: {theme.panel}; }}
QMenu::separator {{ height: 1px; background: {theme.grid}; margin: 4px 8px; }}
QFrame[role="gap"] {{ background: {theme.grid}; border: none; margin: 4px 0px; }}
QDialog, QMessageBox {{ color: {theme.ink}; background: {theme.window}; }}
QFrame[surface="floating"] {{ {floating}; }}
QFrame[surface="floating"][level="green"] {{ border: 2px solid {theme.good}; }}
QFrame[surface="floating"][level="amber"] {{ border: 2px solid {theme.warn}; }}
QFrame[surface="floating"][level="red"] {{ border: 2px solid {theme.bad}; }}
QScrollArea[surface="clear"], QScrollArea[surface="clear"] > QWidget > QWidget {{
    background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {shade.border}; border-radius: 5px; min-height: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}"""


def _labels(theme: Theme) -> str:
    colours = dict(zip(STATES, (theme.good, theme.warn, theme.bad, theme.dim), strict=True))
    levels = "\n".join(
        f'QLabel[level="{level}"] {{ color: {colour}; background: transparent; font-weight: bold; }}'
        for level, colour in colours.items()
    )
    return f"""
QLabel[role="title"] {{ color: {theme.ink}; background: transparent; font-size: {points(1.45)}pt; font-weight: bold; }}
QLabel[role="heading"] {{ color: {theme.accent}; background: transparent; font-weight: bold; }}
QLabel[role="dim"] {{ color: {theme.dim}; background: transparent; }}
QLabel[role="clock"] {{ color: {theme.bad}; background: transparent; font-size: {points(BIG)}pt; font-weight: bold; }}
QLabel[role="cap"] {{ color: {theme.ink}; background: {theme.window}; border: 1px solid {theme.dim};
    border-radius: 4px; padding: 1px 5px; font-size: {points(SMALL)}pt; font-weight: bold; }}
{levels}"""
