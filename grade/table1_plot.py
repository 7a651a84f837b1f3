"""Table 1 as a picture: on the left each operation in each mode, on the right what a message costs by its size. The same data
give the same bytes.
"""

import math

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from plot import STYLE  # noqa: E402

COLOURS = {"nochecks": "#56B4E9", "physical": "#0072B2", "paging": "#009E73", "domain": "#F0E442", "ring3": "#E69F00",
           "microkernel": "#D55E00", "native": "#CC79A7"}


def is_message(row):
    return row["name"].startswith("message-")


def write(data, folder):
    """Writes table1.svg and table1.png into `folder`."""
    with matplotlib.rc_context({**STYLE, "axes.grid.axis": "both"}):
        figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), gridspec_kw={"width_ratios": [1.3, 1]})
        draw_operations(left, data)
        draw_messages(right, data)
        figure.suptitle("Table 1: what the basic operations cost", x=0.01, ha="left", fontsize=12, fontweight="bold")
        kind = "A model, not a measurement: " if data["clock"] == "model" else "Clock: "
        figure.text(0.01, 0.015, f"{kind}{data['clock_title']}.", fontsize=7.5, color="#444444", va="bottom")
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, frameon=False, fontsize=8, ncols=len(labels), loc="upper right")
        figure.tight_layout(rect=(0, 0.05, 1, 0.95), w_pad=2.5)
        figure.savefig(folder / "table1.svg", metadata={"Date": None, "Creator": "Singlet"})
        figure.savefig(folder / "table1.png", dpi=160, metadata={"Software": None})
        plt.close(figure)


def unit(data):
    names = {"model": "modelled cycles", "icount": "instructions"}
    return names.get(data["clock"], "cycles")


def draw_operations(axis, data):
    rows = [row for row in data["rows"] if not is_message(row) and row["name"] != "loop"]
    height = 0.8 / len(data["modes"])
    for k, mode in enumerate(data["modes"]):
        places = [n + (k - (len(data["modes"]) - 1) / 2) * height for n in range(len(rows))]
        cycles = [row["modes"].get(mode, {}).get("cycles", math.nan) for row in rows]
        axis.barh(places, cycles, height, label=mode, color=COLOURS[mode],
                  edgecolor="white", linewidth=0.3)
        for place, row in zip(places, rows):
            if mode in row["paper"]:
                axis.plot(row["paper"][mode], place, "k|", markersize=5, markeredgewidth=1.2)
    axis.set_xscale("log")
    axis.set_yticks(range(len(rows)), [row["title"] for row in rows])
    axis.invert_yaxis()
    axis.set_xlabel(f"{unit(data)} an operation (strokes: the paper, measured)")


def draw_messages(axis, data):
    rows = [row for row in data["rows"] if is_message(row)]
    sizes = [int(row["name"].split("-")[1]) for row in rows]
    for mode in data["modes"]:
        axis.plot(sizes, [row["modes"][mode]["cycles"] for row in rows], "o-", markersize=3, linewidth=1.2, color=COLOURS[mode])
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.set_xticks(sizes, [f"{s // 1024} K" if s >= 1024 else str(s) for s in sizes])
    axis.set_xlabel("bytes in the message")
    axis.set_ylabel(f"{unit(data)} a message")
