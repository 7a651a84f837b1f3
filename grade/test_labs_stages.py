"""`make stages`: which figures are shown where, what stands for those that are missing, and lab 1's on this tree."""
import sys
import xml.etree.ElementTree

import pytest
from qemu import ROOT

sys.path.insert(0, str(ROOT / "grade/lab"))
import judge  # noqa: E402
import lab as labs  # noqa: E402
import stages  # noqa: E402

pytest.importorskip("matplotlib", reason="make check installs it: need-plot")


def figure(lab, stage, value, at=None, unit="cycles", kind="ok"):
    return stages.Figure(lab, stage, unit, at, value, kind)


FOUND = [figure(2, "kernel call", 413), figure(2, "message", 1200, 64), figure(2, "message", 5200.5, 4096),
         figure(4, "kernel call", 17.25), figure(5, "message", None, 64, kind="not done"), figure(5, "message", None, 4096, kind="not done")]


def test_a_row_is_a_stage_and_a_column_a_lab():
    assert stages.table(FOUND) == [
        "               lab 2  lab 4     lab 5",
        "kernel call      413  17.25            cycles",
        "message, 64    1,200         not done  cycles",
        "message, 4096  5,200         not done  cycles"]


def test_the_drawing_has_a_panel_for_each_stage_and_is_the_same_each_time(tmp_path):
    drawn = []
    for name in "ab":
        (tmp_path / name).mkdir()
        path = stages.draw(FOUND, "who counted", tmp_path / name)
        drawn.append(path.read_bytes())
        assert (tmp_path / name / "stages.png").stat().st_size > 0
    root = xml.etree.ElementTree.fromstring(drawn[0])
    assert len([g for g in root.iter() if (g.get("id") or "").startswith("axes_")]) == 2 and drawn[0] == drawn[1]
    assert stages.draw([FOUND[-1]], "nothing yet", tmp_path) is None


def test_a_check_that_did_not_come_to_measure_says_why():
    check = next(c for c in labs.load(1).checks if c.measure)
    found = stages.of_check(1, check, judge.Verdict("not done"))
    assert found and {f.cell for f in found} == {"not done"} and len(found) == sum(bool(m.stage) for m in check.measure)


def test_every_lab_has_a_stage():
    for number in labs.available():
        assert any(m.stage for check in labs.load(number).checks for m in check.measure), number


def test_units_agree_between_labs():
    """A stage that two labs measure is one row."""
    units = {}
    for number in labs.available():
        for measure in (m for check in labs.load(number).checks for m in check.measure if m.stage):
            assert units.setdefault(measure.stage, measure.unit) == measure.unit


def test_lab_1_on_this_tree(monkeypatch):
    monkeypatch.setattr(labs, "available", lambda: [1])
    walks, off, on = stages.figures()
    assert {f.kind for f in (walks, off, on)} == {"ok"} and on.value > 2 * off.value and 0.9 < walks.value < 1.1
