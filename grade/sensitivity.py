"""How the bars of Figure 5 depend on the model's placeholders, worked out from a figure5.json.

Nothing has to run again: a cost enters the cycles as count times cost and cannot change what the guest
does, since under -icount its time is instructions.
"""

from figure_text import columns, notes, percent

BASELINE = "physical"


def events(counts, section, key):
    """How often a cost was charged, from a bar's counts."""
    def total(field):
        return sum(counts[f"{cache}.{field}"] for cache in ("code", "data", "walk_reads"))
    if section == "cost":
        return counts[key]
    return {
        "l2_hit": lambda: total("l2"),
        "memory": lambda: total("memory"),
        "tlb2_hit": lambda: sum(counts[f"{t}.{f}"] for t in ("code_tlb", "data_tlb") for f in ("l2", "walks")),
        "walk_step": lambda: counts["walk_reads.accesses"],
        "mispredict": lambda: counts["mispredicted"],
    }[key]()


def changes(data):
    """[(key, factor, {mode: tax in percent})] for each placeholder halved and doubled."""
    def taxes(extra):
        cycles = {bar["mode"]: bar["cycles"] + extra(bar) for bar in data["bars"]}
        return {mode: 100 * (value / cycles[BASELINE] - 1) for mode, value in cycles.items()}
    rows = []
    for section in ("penalty", "cost"):
        for key, entry in data["model"][section].items():
            if not entry["source"].startswith("placeholder"):
                continue
            for factor in (0.5, 2):
                change = entry["value"] * (factor - 1)
                rows.append((key, factor, taxes(lambda bar: change * events(bar["counts"], section, key))))
    return rows


def render(data):
    modes = [bar["mode"] for bar in data["bars"] if bar["mode"] != BASELINE]
    plain = {bar["mode"]: bar["relative"] for bar in data["bars"]}
    rows = [["placeholder", "factor", *modes], ["(as it is)", "", *(percent(plain[m]) for m in modes)]]
    unmoved = []
    rows_of_all = changes(data)
    for key, factor, taxes in rows_of_all:
        moved = any(abs(taxes[m] - plain[m]) >= 0.05 for m in modes)
        if moved:
            rows.append([key, f"x {factor:g}", *(percent(taxes[m]) for m in modes)])
    for key in dict.fromkeys(key for key, _, _ in rows_of_all):
        if key not in {row[0] for row in rows}:
            unmoved.append(key)
    lines = ["How the bars move when a figure without a source is halved or doubled", "", *columns(rows)]
    if unmoved:
        lines += ["", "No bar moves by 0.05 points for: " + ", ".join(unmoved)]
    return "\n".join(lines + ["", *notes(data)]) + "\n"
