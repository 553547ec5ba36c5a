"""The table that a reader sees, and the record that holds every single timing."""

from typing import Any

from benchmarks.harness import Comparison, Measured, Row, Settings

HEADER = ("row", "ours", "", "peer", "", "ratio", "spread", "target")
# The matrix product that a share refers to.
ROOF = "square"


def roofs(measured: list[Measured]) -> dict[str, float]:
    """Return the highest speed of each kind that any library reached."""
    best: dict[str, float] = {}
    for each in measured:
        for values in each.values:
            for name, speed in values.items():
                best[name] = max(speed, best.get(name, 0.0))
    return best


def roof_lines(machine: dict[str, Any], speeds: dict[str, float]) -> list[str]:
    """Return the machine and a line for each roof."""
    units = {"copy": "GB/s, read and written", "read": "GB/s"}
    cores = machine["usable_cores"]
    return [f"{machine['processor']}, {cores} cores, roofs measured in this run:"] + [
        f"  {name}: {_number(speed)} {units.get(name, 'GFLOP/s')}"
        for name, speed in speeds.items()
    ]


def table(rows: list[tuple[Row, list[Comparison]]]) -> list[str]:
    """Return the lines of a table of all comparisons."""
    cells: list[tuple[str, ...]] = [HEADER]
    for row, comparisons in rows:
        for comparison in comparisons:
            cells.append((row.name, *_cells(row, comparison)))
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in cells
    ]


def notes(
    row: Row, measured: list[Measured], settings: Settings, speeds: dict[str, float]
) -> list[str]:
    """Return what the table has no column for: the work, speeds and problems."""
    lines = [f"{row.name}: {row.work}"]
    for each in measured:
        name = each.contestant.name
        if row.operations and each.costs:
            speed = row.operations(settings) / each.median / 1e9
            line = f"  {name}: {_number(speed)} GFLOP/s"
            if ROOF in speeds:
                line += f", {speed / speeds[ROOF]:.0%} of the roof"
            lines.append(line)
        lines += [f"  {name}: {line}" for line in each.problem.strip().splitlines()]
    return lines


def failed(each: Measured) -> bool:
    """Tell whether a contestant broke; one that was skipped did not."""
    return bool(each.problem) and not each.problem.startswith("skipped")


def record(
    row: Row, measured: list[Measured], comparisons: list[Comparison]
) -> dict[str, Any]:
    """Return a row with every single measurement."""
    return {
        "row": row.name,
        "work": row.work,
        "unit": row.unit,
        "contestants": [
            {
                "name": each.contestant.name,
                "costs": each.costs,
                "multiplied_by": each.contestant.times,
                "threads": each.threads,
                "problem": each.problem,
                "values": each.values,
            }
            for each in measured
        ],
        "comparisons": [
            {
                "ours": each.ours.contestant.name,
                "peer": each.peer.contestant.name,
                "ratios": each.ratios,
                "ratio": each.ratio if each.ratios else None,
                "target": each.target,
            }
            for each in comparisons
        ],
    }


def _cells(row: Row, comparison: Comparison) -> tuple[str, ...]:
    """Return a comparison's cells, after the name of the row."""
    ours, peer, ratios, target = comparison
    ratio = spread = aim = ""
    if ratios:
        ratio = _number(comparison.ratio)
        spread = f"{_number(min(ratios))} to {_number(max(ratios))}"
    if target is not None:
        aim = f"at least {_number(target)}"
        if ratios:
            aim += ": reached" if comparison.ratio >= target else ": missed"
    names = (ours.contestant.name, _cost(ours, row), peer.contestant.name)
    return (*names, _cost(peer, row), ratio, spread, aim)


def _cost(each: Measured, row: Row) -> str:
    """Return a contestant's median, or in one word why there is none."""
    if each.problem:
        return "failed" if failed(each) else "skipped"
    return f"{_number(each.median)} {row.unit}"


def _number(value: float) -> str:
    """Return a number with three significant digits, or whole from 1,000 on."""
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"
