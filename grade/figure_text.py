"""Figure 5 for the terminal: a table, a chart and notes on who counted, from what figure5.json holds."""

GROUP_TITLES = {
    "instructions": "instructions", "cache": "cache misses", "tlb": "TLB and walks",
    "traps": "traps", "switches": "switches", "io": "port I/O",
}


def percent(value):
    if value is None:
        return "-"
    return f"{value:+.1f} %" if round(value, 1) else "0 %"


def columns(rows):
    """Rows of strings under each other: the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(w) for cell, w in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
    return lines


def table(data):
    unit = "instr./read" if data["clock"] == "icount" else "cycles/read"
    rows = [["mode", unit, "tax", "paper"]]
    with_groups = any(bar["breakdown"] for bar in data["bars"])
    if with_groups:
        rows[0] += [GROUP_TITLES[group] for group in GROUP_TITLES]
    for bar in data["bars"]:
        row = [bar["mode"], f"{bar['cycles_per_read']:,.0f}", percent(bar["relative"]), percent(bar["paper"])]
        if with_groups:
            reads = data["workload"]["reads"]
            row += [f"{bar['breakdown'].get(group, 0) / reads:,.0f}" for group in GROUP_TITLES]
        rows.append(row)
    return columns(rows)


def chart(data, width=44):
    """Bars from a common zero: how long each mode takes against the baseline, ours above the paper's."""
    if any(bar["relative"] is None for bar in data["bars"]):
        return []
    longest = max(100 + value for bar in data["bars"] for value in (bar["relative"], bar["paper"]) if value is not None)
    name = max(len(bar["title"]) for bar in data["bars"])

    def line(label, value, ink):
        eighths = round((100 + value) / longest * width * 8)
        cell = ink * (eighths // 8)
        if ink == "█" and eighths % 8:
            cell += " ▏▎▍▌▋▊▉"[eighths % 8]
        return f"{label.ljust(name)}  {cell} {percent(value)}"

    lines = []
    for bar in data["bars"]:
        lines.append(line(bar["title"], bar["relative"], "█"))
        if bar["paper"] is not None:
            lines.append(line("", bar["paper"], "░"))
    return lines + ["", f"{'':{name}}  █ here   ░ paper (Athlon 64 3000+, measured)"]


def clock_notes(data, more=""):
    """Who counted, and whether that is a measurement; `more` ends the first line."""
    lines = [f"clock: {data['clock']}, {data['clock_title']}{more}"]
    if data["clock"] == "model":
        lines.append("These are figures of a model, not measurements; its parameters and their sources are in the JSON.")
    return lines


def notes(data):
    workload = data["workload"]
    lines = clock_notes(data)
    lines.append(f"workload: {workload['name']}, {workload['reads']:,} reads, {workload['bytes']:,} bytes, "
                 f"checksum {workload['checksum']} in every mode; kernel calls from CPL 3 by {workload['trap'].upper()}")
    if workload["repeat"] > 1:
        worst = max(bar["spread"] for bar in data["bars"])
        lines.append(f"median of {workload['repeat']} runs each, at most {worst:.3f} % apart")
    of_paper = [bar for bar in data["bars"] if bar["paper"] is not None]
    ranked = sorted(of_paper, key=lambda bar: bar["cycles"])
    if ranked != of_paper:  # which are in the paper's order
        lines.append("The order is not the paper's: " + " < ".join(bar["mode"] for bar in ranked))
    if any(bar["mode"] == "native" for bar in data["bars"]):
        lines.append("native is no bar of the paper's: the same work as three C++ processes at CPL 3, compiled by Clang, "
                     "system calls by INT")
    return lines


def render(data):
    """All that is printed, as one text."""
    return "\n".join(["Figure 5: the unsafe code tax", "", *table(data), "", *chart(data), "", *notes(data)]) + "\n"
