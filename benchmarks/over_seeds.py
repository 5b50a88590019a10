"""One table of several runs that differ in their seed: the mean, and the lowest and highest in brackets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from neo.evaluation.report import NEO, Report

Cells = Mapping[str, Sequence[float]]  # metric to its value in each run


def markdown(folder: Path) -> str:
    """A table for every item type. The folder holds VARIANT-SEED.json for every run."""
    variants: dict[str, list[Report]] = {}
    for file in sorted(folder.glob("*.json")):
        variants.setdefault(file.stem.rpartition("-")[0].replace("-", " "), []).append(Report.load(file))
    first = next(iter(variants.values()))[0]
    tables = [over_seeds(variants, group) for group in first.groups("recommend")]
    shown = ", ".join(f"{count:,} {name}s" for name, count in first.setting.items.items())
    cases = ", ".join(
        f"{found.n:,}" for group in first.groups("recommend") if (found := first.find(NEO, "recommend", group))
    )
    return "\n\n".join(tables) + f"\n\nOf {shown}; {cases} cases, {first.setting.split} split."


def over_seeds(variants: Mapping[str, Sequence[Report]], group: str) -> str:
    """Markdown: a row for NEO in each variant, and before them the other methods of all runs.

    `variants` maps what is said after NEO's name to its reports, one a seed; `group` is an item type. All reports
    must be of one split: ValueError.
    """
    reports = [report for found in variants.values() for report in found]
    settings = {(r.setting.protocol, r.setting.split, r.setting.cut, r.setting.events_before_cut) for r in reports}
    if len(settings) != 1:
        raise ValueError(f"reports of {len(settings)} different splits don't go into one table: {sorted(settings)}")
    metrics = [f"{name}@{k}" for k in reports[0].setting.ks for name in ("HR", "NDCG")]
    others = dict.fromkeys(m for report in reports for m in report.methods if not m.startswith(NEO))
    rows = {method: _cells(reports, method, group, metrics) for method in others}
    rows |= {f"{NEO}, {said}": _cells(found, NEO, group, metrics) for said, found in variants.items()}
    best = {metric: max(_mean(cells[metric]) for cells in rows.values() if cells[metric]) for metric in metrics}
    lines = [["", *metrics, "runs"], ["---", *["---:"] * (len(metrics) + 1)]]
    for method, cells in rows.items():
        shown = [_shown(cells[metric], best[metric]) for metric in metrics]
        lines.append([method, *shown, str(len(cells[metrics[0]]))])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cells(reports: Sequence[Report], method: str, group: str, metrics: Sequence[str]) -> dict[str, list[float]]:
    values = {metric: [report.value(method, "recommend", group, metric) for report in reports] for metric in metrics}
    return {metric: [value for value in found if value is not None] for metric, found in values.items()}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _shown(values: Sequence[float], best: float) -> str:
    if not values:
        return "-"
    mean = f"{_mean(values):.4f}"
    mean = f"**{mean}**" if _mean(values) == best else mean
    return mean if min(values) == max(values) else f"{mean} ({min(values):.4f} to {max(values):.4f})"
