"""The class's results as one HTML page without anything beside it: points, checks, and how the measurements spread.

Whatever a student's kernel or name says is text here and never markup.
"""
import collections
import html
import statistics

STYLE = """
:root { color-scheme: light dark; --line: #8884; --ink: #0072b2; --bad: #d55e00; --part: #e69f00; --good: #009e73 }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 74rem; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin: 2.2rem 0 .5rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .2rem .5rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top }
th:first-child, td:first-child, td.text { text-align: left }
th.turned { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; font-weight: normal; max-height: 14rem }
td.none { color: var(--bad) } td.some { color: var(--part) } td.full { color: var(--good) }
svg text { font: 12px system-ui, sans-serif; fill: currentColor } details pre { white-space: pre-wrap; font-size: 13px }
.wide { overflow-x: auto } p.note { color: #888 }
"""


def text(words):
    return html.escape(str(words))


def page(rows, lab):
    """The page for [grade_all.Row]."""
    title = f"Lab {lab.number}: {lab.title}"
    figures = [m for check in lab.checks for m in check.measure]
    parts = [f"<h1>{text(title)}</h1>", summary(rows, lab), "<h2>Points</h2>", histogram(rows, lab),
             "<h2>Everybody</h2>", table(rows, lab)]
    if figures:
        parts += ["<h2>Measurements</h2>", "<p class=note>One dot a student; the bar is what the grader accepts.</p>"]
        parts += [strip(rows, figure) for figure in figures]
    parts += ["<h2>What went wrong</h2>", *(details(row) for row in rows if row.refused or row.score < lab.points)]
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{text(title)}</title><style>{STYLE}</style><body>" + "\n".join(parts) + "</body></html>\n")


def summary(rows, lab):
    points = [row.points for row in rows]
    kinds = collections.Counter(t["extra_data"]["kind"] for row in rows for t in row.result["tests"] if t["status"] != "passed")
    lost = ", ".join(f"{times} × {kind}" for kind, times in kinds.most_common())
    late = sum(row.days_late > 0 for row in rows)
    return (f"<p>{len(rows)} submissions, median {statistics.median(points):g} of {lab.points} points; "
            f"{sum(row.score == lab.points for row in rows)} with all, {late} late, "
            f"{sum(bool(row.refused) for row in rows)} not graded." + (f" Checks failed as: {text(lost)}." if lost else "") + "</p>")


def histogram(rows, lab, bins=10, width=620, height=120):
    counts = [0] * (bins + 1)
    for row in rows:
        counts[min(bins, int(bins * row.points / lab.points))] += 1
    step, most = width / len(counts), max(counts)
    bars = "".join(
        f'<rect x="{i * step + 2:.1f}" y="{20 + height - height * n / most:.1f}" width="{step - 4:.1f}" height="{height * n / most:.1f}" '
        f'fill="var(--ink)"/><text x="{i * step + step / 2:.1f}" y="{14 + height - height * n / most:.1f}" text-anchor="middle">{n or ""}</text>'
        f'<text x="{i * step + step / 2:.1f}" y="{height + 36}" text-anchor="middle">{i * lab.points // bins}</text>'
        for i, n in enumerate(counts))
    return f'<svg width="{width}" height="{height + 42}" role="img" aria-label="how many students have how many points">{bars}</svg>'


def table(rows, lab):
    heads = "".join(f'<th class="turned">{text(check.name)} ({check.points})</th>' for check in lab.checks)
    lines = []
    for row in rows:
        mine = row.checks()
        when = row.submitted.strftime("%Y-%m-%d %H:%M %Z") if row.submitted else ""
        late = f"{row.days_late} d" if row.days_late else ""
        cells = "".join(cell(mine.get(check.name, 0), check.points) for check in lab.checks)
        lines.append(f'<tr><td>{text(row.name)}</td><td><b>{row.points:g}</b></td><td>{row.score:g}</td><td>{late}</td>'
                     f'<td class="text">{text(when)}</td>{cells}</tr>')
    return (f'<div class="wide"><table><thead><tr><th>Name</th><th>Points</th><th>Score</th><th>Late</th><th>Handed in</th>{heads}</tr></thead>'
            f'<tbody>{"".join(lines)}</tbody></table></div>')


def cell(got, of):
    kind = "full" if got == of else "some" if got else "none"
    return f'<td class="{kind}">{got:g}</td>'


def strip(rows, figure, width=620):
    """The measurements of one figure on a line."""
    values = [(row.name, row.figures()[figure.what]) for row in rows if figure.what in row.figures()]
    if not values:
        return f"<p>{text(figure.what)}: nobody has got that far.</p>"
    found = [value for _, value in values]
    high = max([*found, figure.most if figure.most < 1e12 else figure.least]) * 1.05 or 1
    low = min([*found, figure.least, 0])
    across = lambda value: 8 + (width - 16) * (min(value, high) - low) / (high - low)  # noqa: E731
    stacked, dots = collections.Counter(), []
    for name, value in sorted(values, key=lambda pair: pair[1]):
        slot = round(across(value) / 6)
        dots.append(f'<circle cx="{slot * 6}" cy="{44 - 7 * stacked[slot]}" r="3" fill="var(--{"good" if figure.least <= value <= figure.most else "bad"})">'
                    f"<title>{text(name)}: {value:.3f}</title></circle>")
        stacked[slot] += 1
    top = 7 * (max(stacked.values()) - 1)
    return (f'<p>{text(figure.what)}: median {statistics.median(found):.2f}, {min(found):.2f} to {max(found):.2f}</p>'
            f'<svg width="{width}" height="{72 + top}" viewBox="0 {-top} {width} {72 + top}">'
            f'<rect x="{across(figure.least):.1f}" y="48" width="{across(figure.most) - across(figure.least):.1f}" height="5" fill="var(--line)"/>'
            f'{"".join(dots)}<text x="8" y="68">{low:.2g}</text><text x="{width - 8}" y="68" text-anchor="end">{high:.3g}</text></svg>')


def details(row):
    failed = [test for test in row.result["tests"] if test["status"] != "passed"]
    said = "\n\n".join(f"{test['name']}: {test['output']}" for test in failed) or row.result["output"]
    return f"<details><summary>{text(row.name)}: {row.score:g}</summary><pre>{text(said[:20000])}</pre></details>"
