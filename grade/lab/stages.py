"""The stages of a system, measured on the student's own: `make stages`.

Each lab's checks measure something under the model clock; a figure that has a `stage` in grade/lab/labN.toml is shown here, a row for each
stage and a column for each lab, so that what a lab changed stands beside what was before it. Figures that are given `at` a
size are a curve. Everything is measured anew, on the tree as it is: the labs before are in it as well.

What comes out: a table, build/stages/stages.json, and build/stages/stages.svg (and .png).
"""
import argparse
import dataclasses
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import grader  # noqa: E402
import judge  # noqa: E402
import lab as labs  # noqa: E402

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#666666")  # of Okabe and Ito: one a lab
STYLE = {"svg.hashsalt": "singlet", "font.family": "DejaVu Sans", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
         "axes.grid": True, "grid.color": "#e4e4e4", "axes.axisbelow": True}


@dataclasses.dataclass(frozen=True)
class Figure:
    """What one lab says of one stage. `value` is None where its check did not come to measure, for the reason `kind`."""

    lab: int
    stage: str
    unit: str
    at: float | None  # a size, if the stage is a curve
    value: float | None
    kind: str

    @property
    def row(self):
        return self.stage if self.at is None else f"{self.stage}, {self.at:g}"

    @property
    def cell(self):
        return self.kind if self.value is None else f"{self.value:,.2f}" if self.value < 100 else f"{self.value:,.0f}"


def figures(tree=ROOT):
    """[Figure] of every lab whose data the tree has. Raises LabError where the tree does not build."""
    found = []
    for number in labs.available():
        lab = labs.load(number)
        checks = [check for check in lab.checks if any(m.stage for m in check.measure)]
        if not checks:
            continue
        grading = grader.Grading(lab, checks, tree, None, False)
        try:
            grading.build()
            if grading.build_failure:
                raise labs.LabError(f"{grading.build_failure.sentence}: make grade says why")
            for check in checks:
                found += of_check(number, check, grading.verdict(check))
        finally:
            grading.pool.shutdown(cancel_futures=True)
    return found


def of_check(number, check, verdict):
    values = [figure[1] for figure in verdict.figures] or [None] * len(check.measure)
    return [Figure(number, m.stage, m.unit, m.at, value, verdict.kind) for m, value in zip(check.measure, values) if m.stage]


def table(found):
    """The lines of the table: a row for each stage in order, a column for each lab."""
    numbers = sorted({figure.lab for figure in found})
    rows = dict.fromkeys((figure.row, figure.unit) for figure in found)
    cells = {(figure.row, figure.unit, figure.lab): figure.cell for figure in found}
    lines = [["", *(f"lab {n}" for n in numbers), ""]]
    lines += [[row, *(cells.get((row, unit, n), "") for n in numbers), unit] for row, unit in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return ["  ".join([line[0].ljust(widths[0]), *(word.rjust(width) for word, width in zip(line[1:-1], widths[1:-1])), line[-1]]).rstrip()
            for line in lines]


def draw(found, title, folder):
    """A panel of bars for each stage, and one of curves for each that is measured at sizes."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    known = [figure for figure in found if figure.value is not None]
    stages = list(dict.fromkeys((figure.stage, figure.unit) for figure in known))
    if not stages:
        return None
    with matplotlib.rc_context(STYLE):
        across = min(3, len(stages))
        down = -(-len(stages) // across)
        figure, axes = plt.subplots(down, across, figsize=(3.6 * across, 2.5 * down + 0.5), squeeze=False)
        for axis in axes.flat[len(stages):]:
            axis.set_visible(False)
        for axis, (stage, unit) in zip(axes.flat, stages):
            mine = [f for f in known if (f.stage, f.unit) == (stage, unit)]
            numbers = sorted({f.lab for f in mine})
            for n in numbers:
                points = sorted((f.at or 0, f.value) for f in mine if f.lab == n)
                if mine[0].at is None:
                    axis.bar(f"lab {n}", points[0][1], 0.6, color=COLOURS[(n - 1) % len(COLOURS)])
                    axis.annotate(f"{points[0][1]:,.4g}", (f"lab {n}", points[0][1]), ha="center", va="bottom", fontsize=8)
                else:
                    axis.plot(*zip(*points), marker="o", markersize=3, color=COLOURS[(n - 1) % len(COLOURS)], label=f"lab {n}")
                    axis.set_xscale("log", base=2)
                    axis.legend(frameon=False, fontsize=8)
            axis.set_title(stage, fontsize=9, loc="left")
            axis.set_ylabel(unit, fontsize=8)
            axis.set_ylim(bottom=0)
            axis.margins(y=0.15)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10)
        figure.tight_layout()
        figure.savefig(folder / "stages.svg", metadata={"Date": None, "Creator": "Singlet"})
        figure.savefig(folder / "stages.png", dpi=140, metadata={"Software": None})
        plt.close(figure)
    return folder / "stages.svg"


def main():
    parser = argparse.ArgumentParser(description="Measure the stages of the labs that are done.")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/stages")
    options = parser.parse_args()
    try:
        found = figures()
    except labs.LabError as error:
        sys.exit(f"stages: {error}")
    title = judge.clock().title
    options.out.mkdir(parents=True, exist_ok=True)
    data = {"clock": title, "figures": [dataclasses.asdict(figure) for figure in found]}
    (options.out / "stages.json").write_text(json.dumps(data, indent=2) + "\n")
    print(f"{title}\n" + "\n".join(table(found)))
    drawn = draw(found, title, options.out)
    if drawn:
        print(drawn.relative_to(ROOT) if drawn.is_relative_to(ROOT) else drawn)


if __name__ == "__main__":
    main()
