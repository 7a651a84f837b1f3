"""Figure 5 as a picture: on the left the tax of each mode beside the paper's, on the right where the
cycles of a read went. The same data give the same bytes: no dates, no random ids. Colours are those of
Okabe and Ito, which colour-blind readers can tell apart; the paper's bars are hatched besides.
"""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from figure_text import GROUP_TITLES, percent  # noqa: E402

OURS, PAPER = "#0072B2", "#E69F00"
STACK = {"instructions": "#0072B2", "cache": "#56B4E9", "tlb": "#009E73", "traps": "#E69F00",
         "switches": "#D55E00", "io": "#BBBBBB"}
STYLE = {
    "svg.hashsalt": "singlet", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#666666", "axes.axisbelow": True,
    "axes.grid": True, "axes.grid.axis": "x", "grid.color": "#e4e4e4", "hatch.linewidth": 0.6,
}


def write(data, folder):
    """Writes figure5.svg and figure5.png into `folder`."""
    with matplotlib.rc_context(STYLE):
        stacked = any(bar["breakdown"] for bar in data["bars"])
        figure, axes = plt.subplots(1, 2 if stacked else 1, figsize=(11 if stacked else 6.4, 4.4), squeeze=False,
                                    sharey=True, gridspec_kw={"width_ratios": [1, 1.15] if stacked else [1]})
        draw_tax(axes[0][0], data)
        if stacked:
            draw_stack(axes[0][1], data)
        figure.suptitle(title(data), x=0.01, ha="left", fontsize=12,
                        fontweight="bold")
        figure.text(0.01, 0.015, caption(data), fontsize=7.5, color="#444444", va="bottom")
        figure.tight_layout(rect=(0, 0.075, 1, 0.97), w_pad=2.5)
        figure.savefig(folder / "figure5.svg", metadata={"Date": None, "Creator": "Singlet"})
        figure.savefig(folder / "figure5.png", dpi=160, metadata={"Software": None})
        plt.close(figure)


def title(data):
    ours = any(bar["paper"] is None for bar in data["bars"])
    return "The unsafe code tax: WebFiles in six protection modes" + (", and as C++ processes (ours)" if ours else "")


def caption(data):
    work = data["workload"]
    kind = "A model, not a measurement: " if data["clock"] == "model" else "Clock: "
    return (f"{kind}{data['clock_title']}. {work['reads']:,} reads, {work['bytes'] / 1e6:.1f} MB.\n"
            "Paper: Hunt and Larus, Singularity: Rethinking the Software Stack (2007), Figure 5, measured on an Athlon 64 3000+.")


def draw_tax(axis, data):
    bars = [bar for bar in data["bars"] if bar["relative"] is not None]
    rows = range(len(bars))
    ours = "this system" + (" (modelled)" if data["clock"] == "model" else "")
    height = 0.36
    for offset, key, label, style in (
            (-height / 2, "relative", ours, {"color": OURS}),
            (height / 2, "paper", "paper (measured)", {"color": PAPER, "hatch": "///", "edgecolor": "white"})):
        values = [(row, bar[key]) for row, bar in zip(rows, bars) if bar[key] is not None]
        axis.barh([row + offset for row, _ in values], [value for _, value in values], height, label=label, **style)
        for row, value in values:
            axis.annotate(percent(value), (value, row + offset), xytext=(3 if value >= 0 else -3, 0),
                          textcoords="offset points", va="center", ha="left" if value >= 0 else "right", fontsize=7.5)
    axis.axvline(0, color="#666666", linewidth=0.8)
    axis.set_yticks(list(rows), [bar["title"] for bar in bars])
    axis.invert_yaxis()
    axis.margins(x=0.18)
    axis.set_xlabel("run time against physical memory, percent")
    if bars:
        axis.legend(frameon=False, fontsize=8, ncols=2, loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)


def draw_stack(axis, data):
    reads = data["workload"]["reads"]
    rows = range(len(data["bars"]))
    left = [0.0] * len(data["bars"])
    for group, colour in STACK.items():
        values = [bar["breakdown"].get(group, 0) / reads / 1000 for bar in data["bars"]]
        if not any(values):
            continue
        axis.barh(rows, values, 0.62, left=left, color=colour, label=GROUP_TITLES[group], edgecolor="white", linewidth=0.5)
        left = [a + b for a, b in zip(left, values)]
    for row, total in zip(rows, left):
        axis.annotate(f"{total:,.1f}", (total, row), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7.5)
    axis.margins(x=0.1)
    axis.tick_params(axis="y", length=0)
    unit = "modelled cycles" if data["clock"] == "model" else "cycles"
    axis.set_xlabel(f"thousand {unit} a read, by where they went")
    axis.legend(frameon=False, fontsize=8, ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)
