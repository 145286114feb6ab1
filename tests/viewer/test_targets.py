"""Targets: bands, their file, and the dialog that sets them from the runner's own baseline."""

import numpy as np
import pytest
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QPushButton
from stillsource import still_source

from viewer.errors import ViewerError
from viewer.numbers.big_numbers import TILES, BigNumbers
from viewer.numbers.targets import SUGGESTIONS, Target, baseline, load_targets, save_targets
from viewer.numbers.targets_dialog import TargetsDialog
from viewer.source import Scene, rows_until
from viewer.theme import LIGHT


@pytest.fixture(scope="module")
def source():
    return still_source(mass_kg=82.9)


def scene_of(source, now_s):
    return Scene(source, now_s=now_s, rows=rows_until(source.table, now_s))


def test_a_number_is_compared_as_it_is_shown():
    target = Target("cadence_spm", 170, 180)
    cases = {169.4: "below target", 169.6: "", 180.4: "", 180.6: "above target", None: ""}
    assert {value: target.verdict(value) for value in cases} == cases
    assert Target("hf_peak_BW", None, 0.24).verdict(0.1) == ""
    assert Target("hf_peak_BW", 0.24, None).verdict(0.1) == "below target"


def test_bands_in_words():
    assert Target("cadence_spm", 170, 180.5).text() == "170–180.5"
    assert Target("hf_peak_BW", None, 0.24).text() == "≤ 0.24"
    assert Target("cadence_spm", 175).text() == "≥ 175"
    assert Target("net_fore_aft_impulse_BW_s", -0.002, 0.002).text() == "−0.002–0.002"


def test_a_file_comes_back_as_it_was(tmp_path):
    targets = {
        "cadence_spm": Target("cadence_spm", 178.5, 182.7, '+5 % of "172.1"\nown \\ baseline'),
        "hf_peak_BW": Target("hf_peak_BW", None, 0.192),
        "contact_time_ms": Target("contact_time_ms", 230.0, None, "Größe"),
    }
    path = tmp_path / "targets.toml"
    save_targets(path, targets)
    assert load_targets(path) == targets
    save_targets(path, {})
    assert load_targets(path) == {}
    assert [file.name for file in tmp_path.iterdir()] == ["targets.toml"]


@pytest.mark.parametrize(("text", "where", "words"), [
    ("[cadence_spm]\nlow = 'a'", "cadence_spm.low", "expected a number, saw 'a'"),
    ("[cadence_spm]\nlow = true", "cadence_spm.low", "saw True"),
    ("[cadence_spm]\nlow = nan", "cadence_spm.low", "saw nan"),
    ("[cadence_spm]\nlow = 180\nhigh = 170", "cadence_spm", "low below high, saw low 180, high 170"),
    ("[cadence_spm]", "cadence_spm", "low, high, or both"),
    ("[cadence_spm]\nhi = 180", "cadence_spm.hi", "Did you mean high"),
    ("[cadence_smp]\nhigh = 180", "cadence_smp", "Did you mean cadence_spm"),
    ("[modelled_braking_peak_BW]\nhigh = 1", "modelled_braking_peak_BW", "a metric that can be shown large"),
    ("cadence_spm = 180", "cadence_spm", "a table"),
    ("[cadence_spm]\nlow = 1\nnote = 3", "cadence_spm.note", "a text"),
    ("format = 2", "format", "format = 1"),
    ("[cadence_spm", "", "TOML"),
])  # fmt: skip
def test_mistakes_in_the_file_are_named(tmp_path, text, where, words):
    path = tmp_path / "targets.toml"
    path.write_text(text)
    with pytest.raises(ViewerError) as error:
        load_targets(path)
    assert error.value.where == (f"{path}, {where}" if where else str(path))
    assert words in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ViewerError, match=r"none\.toml"):
        load_targets(tmp_path / "none.toml")
    with pytest.raises(ViewerError, match="can be written"):
        save_targets(tmp_path / "no" / "targets.toml", {})


def test_a_baseline_needs_enough_steps(source):
    few = baseline(source.table.select(np.arange(20)), "cadence_spm", 20.0)
    assert (few.value, few.text) == (None, "5 more valid steps needed")
    enough = baseline(source.table.select(np.arange(40)), "cadence_spm", 20.0)
    assert enough.value == pytest.approx(source.table["cadence_spm"][:40].mean())
    assert enough.text == ""
    late = baseline(source.table, "cadence_spm", 80.0)
    inside = source.table["touchdown_s"] >= 20.0
    assert late.value == pytest.approx(np.nanmean(source.table["cadence_spm"][inside]))


def test_suggestions_are_relative_to_the_baseline():
    cadence = [each.of("cadence_spm", 172.0) for each in SUGGESTIONS["cadence_spm"]]
    centres = [(target.low + target.high) / 2 / 172.0 for target in cadence]
    assert centres == pytest.approx([1.05, 1.075, 1.10], abs=3e-4)
    assert cadence[0].note == "+5 % of 172.0, own baseline"
    impact = [each.of("hf_peak_BW", 0.30) for each in SUGGESTIONS["hf_peak_BW"]]
    assert [(target.low, target.high) for target in impact] == [(None, 0.24), (None, 0.21)]
    assert set(SUGGESTIONS) == {"cadence_spm", "hf_peak_BW", "vilr_BW_s"}


def dialog_of(qtbot, source, now_s, targets=None):
    dialog = TargetsDialog(LIGHT, scene_of(source, now_s), targets or {}, TILES)
    qtbot.addWidget(dialog)
    return dialog


def press(dialog, text):
    next(button for button in dialog.findChildren(QPushButton) if button.text() == text).click()


def test_the_dialog_sets_a_target_from_the_last_minute(qtbot, source):
    dialog = dialog_of(qtbot, source, 25.0)
    mean = np.mean(source.table["cadence_spm"][: rows_until(source.table, 25.0)])
    press(dialog, "+7.5 %")
    target = dialog.targets()["cadence_spm"]
    assert (target.low, target.high) == pytest.approx((mean * 1.0625, mean * 1.0875), abs=0.06)
    assert target.note.startswith("+7.5 % of 17")
    dialog.rows["cadence_spm"].high.setText("200,5")  # by hand: the note no longer holds
    assert dialog.targets()["cadence_spm"] == Target("cadence_spm", target.low, 200.5)
    press(dialog, "none")
    assert dialog.targets() == {}


def test_the_dialog_waits_for_steps_and_for_sensible_limits(qtbot, source):
    dialog = dialog_of(qtbot, source, 5.0)
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert any("more valid steps needed" in text for text in texts)
    assert not next(b for b in dialog.findChildren(QPushButton) if b.text() == "+5 %").isEnabled()
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    row = dialog.rows["contact_time_ms"]
    for low, high, good in (("250", "240", False), ("x", "", False), ("230", "240", True), ("", "", True)):
        row.low.setText(low)
        row.high.setText(high)
        assert ok.isEnabled() == good
    assert not any("Judge" in text for text in texts)
    assert any("chosen by you" in text for text in texts)


def test_no_braking_target_without_braking(qtbot):
    deck = still_source(url="virtual://deck_4z?seed=1&speed=max", rig="deck_4z")
    dialog = dialog_of(qtbot, deck, 25.0)
    row = dialog.rows["braking_impulse_BW_s"]
    assert not row.low.isEnabled()
    assert not row.high.isEnabled()
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert "not measured: this rig's sensors do not measure fore-aft force" in texts
    assert dialog.rows["cadence_spm"].low.isEnabled()


def test_accepted_targets_are_drawn_and_told(qtbot, source, monkeypatch):
    panel = BigNumbers(LIGHT)
    qtbot.addWidget(panel)
    panel.refresh(scene_of(source, 25.0))

    def accept(dialog):
        press(dialog, "+10 %")
        dialog.accept()
        return dialog.result()

    monkeypatch.setattr(TargetsDialog, "exec", accept)
    with qtbot.waitSignal(panel.targets_changed) as told:
        panel.actions()[0].trigger()
    assert told.args[0]["cadence_spm"] == panel.tiles[0].face.target
    assert panel.tiles[0].face.verdict() == "below target"
