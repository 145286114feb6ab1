"""The look of the application: every text readable, feet and areas apart for colour-blind people too."""

import itertools
import re

import numpy as np
import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget

from viewer.stylesheet import mix, palette, points, shades, stylesheet
from viewer.theme import THEMES

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
READABLE = 4.5
"""WCAG 2.2, 1.4.3: text against its ground."""
SEEN = 3.0
"""WCAG 2.2, 1.4.11: edges of what can be pressed; and words of what cannot be used now, which need none at all."""
APART = 20.0
"""Difference in CIE Lab; about ten times what can just be seen."""
PROTAN = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTAN = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
"""Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB."""
TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def linear(colour):
    assert re.fullmatch("#[0-9a-f]{6}", colour), colour
    value = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    light, dark = sorted((np.array(TO_XYZ)[1] @ linear(colour) for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb):
    xyz = np.array(TO_XYZ) @ np.clip(rgb, 0, 1) / (np.array(TO_XYZ) @ np.ones(3))
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def rules(sheet):
    """(selector, {property: value}) of every rule."""
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        pairs = (part.split(":", 1) for part in body.split(";") if ":" in part)
        yield selector.strip(), {name.strip(): value.strip() for name, value in pairs}


def test_the_measure_of_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_every_text_of_the_style_sheet_is_readable(qapp, theme):
    seen = 0
    for selector, rule in rules(stylesheet(theme)):
        for text, ground in (("color", "background"), ("selection-color", "selection-background-color")):
            if text not in rule:
                continue
            grounds = (
                [rule[ground]] if rule.get(ground, "transparent") != "transparent" else [theme.panel, theme.window]
            )
            for behind in grounds:
                least = SEEN if "disabled" in selector else READABLE
                assert contrast(rule[text], behind) >= least, (selector, rule[text], behind)
                seen += 1
    assert seen > 30


def test_a_rule_that_paints_a_ground_says_the_text_on_it(qapp, theme):
    silent = ("separator", "QFrame", "QScroll", "menu-indicator")
    for selector, rule in rules(stylesheet(theme)):
        if rule.get("background", "transparent") != "transparent" and not any(word in selector for word in silent):
            assert "color" in rule, selector


def test_every_colour_that_may_be_text_is_readable_on_both_grounds(theme):
    for name in ("ink", "dim", "left", "right", "fore_aft", "sideways", "good", "warn", "bad", "accent"):
        for ground in (theme.panel, theme.window):
            assert contrast(getattr(theme, name), ground) >= READABLE, (name, ground)


def test_the_palette_is_readable(qapp, theme):
    made, role = palette(theme), QPalette.ColorRole
    pairs = ((role.WindowText, role.Window), (role.Text, role.Base), (role.Text, role.AlternateBase),
             (role.ButtonText, role.Button), (role.ToolTipText, role.ToolTipBase), (role.PlaceholderText, role.Base),
             (role.HighlightedText, role.Highlight), (role.Link, role.Base))  # fmt: skip
    for text, ground in pairs:
        assert contrast(made.color(text).name(), made.color(ground).name()) >= READABLE, (text, ground)


def test_the_focus_can_be_seen(theme):
    for ground in (theme.window, shades(theme).button):
        assert contrast(theme.accent, ground) >= SEEN
    assert contrast(theme.ink, theme.accent) >= 2.0  # around a button that is filled with the accent colour


@pytest.mark.parametrize("sight", [np.eye(3), PROTAN, DEUTAN], ids=["all colours", "protanopia", "deuteranopia"])
def test_feet_and_areas_stay_apart(theme, sight):
    pairs = (("left", "right"), ("impact", "body"), ("left", "fore_aft"), ("right", "fore_aft"),
             ("fore_aft", "sideways"), ("impact", "panel"), ("body", "panel"))  # fmt: skip
    for one, other in pairs:
        seen = [lab(np.array(sight) @ linear(getattr(theme, name))) for name in (one, other)]
        assert np.linalg.norm(seen[0] - seen[1]) >= APART, (one, other)


def test_a_simulated_eye_confuses_what_it_should():
    """The test above can fail: pure red and a green of the same lightness are one colour to a deuteranope."""
    red, green = (lab(np.array(DEUTAN) @ linear(colour)) for colour in ("#c80000", "#6e6400"))
    true = [lab(linear(colour)) for colour in ("#c80000", "#6e6400")]
    assert np.linalg.norm(red - green) < APART < np.linalg.norm(true[0] - true[1])


def test_mixing():
    assert [mix("#000000", "#ffffff", share) for share in (0.0, 0.5, 1.0)] == ["#000000", "#808080", "#ffffff"]


def test_sizes_follow_the_font_of_the_application(qapp):
    font, large = qapp.font(), qapp.font()
    large.setPointSizeF(20.0)
    try:
        qapp.setFont(large)
        sizes = {float(size) for size in re.findall(r"font-size: ([\d.]+)pt", stylesheet(THEMES["light"]))}
        assert points() == 20.0
        assert min(sizes) > 17.0
        large.setPixelSize(40)
        qapp.setFont(large)
        assert points() == 30.0
    finally:
        qapp.setFont(font)


def test_qt_understands_the_sheet_and_paints_with_it(qtbot, theme):
    window = QWidget()
    qtbot.addWidget(window)
    button, field = QPushButton("Replay it"), QLineEdit()
    column = QVBoxLayout(window)
    column.addWidget(button)
    column.addWidget(field)
    window.setStyleSheet(stylesheet(theme))  # a mistake in it is a warning of Qt, and fails
    window.show()
    field.setFocus()
    image = window.grab().toImage()
    at = button.geometry().topLeft()
    assert image.pixelColor(at.x() + 6, at.y() + 5).name() == shades(theme).button


def test_no_two_levels_look_alike(theme):
    for one, other in itertools.combinations((theme.good, theme.warn, theme.bad, theme.dim), 2):
        assert np.linalg.norm(lab(linear(one)) - lab(linear(other))) >= APART
