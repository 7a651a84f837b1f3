"""Table 1 for the terminal: what each operation costs, beside the paper, and where it goes, from what table1.json holds."""

from figure_text import GROUP_TITLES, clock_notes, columns
from series import BASELINE

MOST_FUNCTIONS = 6  # of a row


def number(value):
    if value is None:
        return "-"
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def table(data):
    """The rows by mode, then the paper's figures for those modes that it has."""
    paper = [mode for mode in data["modes"] if any(mode in row["paper"] for row in data["rows"])]
    rows = [["", *data["modes"], *(f"paper {mode}" for mode in paper)]]
    for row in data["rows"]:
        rows.append([row["title"], *(number(row["modes"].get(mode, {}).get("cycles")) for mode in data["modes"]),
                     *(number(row["paper"].get(mode)) for mode in paper)])
    return columns(rows)


def aims(data):
    """Whether `physical` keeps to what was asked of it; nothing where it was not run, or not under the model."""
    if data["clock"] != "model" or BASELINE not in data["modes"]:
        return []
    lines = []
    for row in data["rows"]:
        if row["aim"] is None:
            continue
        found = row["modes"][BASELINE]["cycles"]
        lines.append(f"{row['title']}: {number(found)} of at most {number(row['aim'])}" + ("" if found <= row["aim"] else ": MISSED"))
    flat = data["flat"]
    lines.append(f"dearest message against the cheapest: {flat['found']:+.1f} % of at most {flat['aim']:+} %"
                 + ("" if flat["found"] <= flat["aim"] else ": MISSED"))
    return ["Aims, in physical", *("  " + line for line in lines), ""]


def groups(data):
    """By what kind of event, in `physical` and in the dearest mode; nothing where the clock cannot tell."""
    lines = []
    for mode in dict.fromkeys(mode for mode in (BASELINE, data["modes"][-1]) if mode in data["modes"]):
        counted = [row for row in data["rows"] if mode in row["modes"]]
        if not any(row["modes"][mode]["breakdown"] for row in counted):
            return []
        rows = [[mode, "cycles", *GROUP_TITLES.values()]]
        for row in counted:
            cell = row["modes"][mode]
            rows.append([row["title"], number(cell["cycles"]), *(number(cell["breakdown"].get(g, 0)) for g in GROUP_TITLES)])
        lines += [*columns(rows), ""]
    return ["Where the cycles go (the JSON has every mode)", "", *lines]


def functions(data):
    """By the kernel's functions; nothing where nobody counted them."""
    if not data["functions"]:
        return []
    lines = [f"Where the instructions go in {BASELINE}, an operation (counted in a run of its own; a step of REP counts as one)", ""]
    for row in data["rows"]:
        counted = [(name, times) for name, times in data["functions"][row["name"]].items() if times >= 0.5]
        sums = sorted(counted, key=lambda item: (-item[1], item[0]))
        shown = [f"{name} {number(times)}" for name, times in sums[:MOST_FUNCTIONS]]
        others = sum(times for _, times in sums[MOST_FUNCTIONS:])
        if others:
            shown.append(f"others {number(others)}")
        lines.append(f"{row['title']}: " + ", ".join(shown))
    return [*lines, ""]


def notes(data):
    return clock_notes(data, f"; kernel calls from CPL 3 by {data['trap'].upper()}") + ["paper: measured on an Athlon 64 3000+ [OSR Table 1, MSPC]"]


def render(data):
    """All that is printed, as one text."""
    unit = "instructions" if data["clock"] == "icount" else "cycles"
    return "\n".join([f"Table 1: what the basic operations cost, in {unit}", "", *table(data), "", *aims(data), *groups(data),
                      *functions(data), *notes(data)]) + "\n"
