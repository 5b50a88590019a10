"""Tables of `neo ablate benchmarks/listeners.yaml`, over seeds: recommendation by how well a listener knows an item.

All item types together: what is asked for is non-habitual where the listener has no habit of it, and then familiar, if
they have met it or anything of it, or unfamiliar.

    python benchmarks/segments.py FILE ...      one file for each seed
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from neo.evaluation.discovery_report import Titled
from neo.evaluation.report import NEO, ORACLE, Report
from neo.language.wordings.modes import MODES

SEGMENTS = {
    "non-habitual": ("familiar", "unfamiliar"),
    "familiar": ("familiar",),
    "unfamiliar": ("unfamiliar",),
    "new": ("new",),
}
METRICS = ("HR@30", "NDCG@30")
WITHOUT = "no soft prompt"
ALONE = {"familiar": "asked for the familiar alone", "unfamiliar": "asked for the unfamiliar alone"}


def read(files: Sequence[Path]) -> list[dict[str, Report]]:
    """The reports of each seed, by what was changed."""
    found = []
    for file in files:
        reports = json.loads(file.read_text(encoding="utf-8"))["reports"]
        found.append({name: Report.model_validate(report) for name, report in reports.items()})
    return found


def pooled(report: Report, segment: str, metric: str) -> float:
    """The mean over the cases of all types. NaN without cases."""
    method = next(name for name in report.methods if name != ORACLE)
    results = [
        report.find(method, "recommend", group, listeners)
        for group in report.groups("recommend")
        for listeners in SEGMENTS[segment]
    ]
    known = [(result.n, result.metrics[metric].value) for result in results if result is not None]
    return float(np.average([value for _, value in known], weights=[n for n, _ in known])) if known else float("nan")


def tables(seeds: Sequence[Mapping[str, Report]]) -> list[Titled]:
    return [_segments(seeds), *_modes(seeds)]


def _segments(seeds: Sequence[Mapping[str, Report]]) -> Titled:
    names = list(seeds[0])
    rows = [["", *(f"{segment} {metric}" for segment in SEGMENTS for metric in METRICS)]]
    for name in names:
        values = [
            [pooled(reports[name], segment, metric) for reports in seeds if name in reports]
            for segment in SEGMENTS
            for metric in METRICS
        ]
        rows.append([name, *(_over(found) for found in values)])
    columns = [(segment, metric) for segment in SEGMENTS for metric in METRICS]
    gains = [np.mean([pooled(r[NEO], *at) / pooled(r[WITHOUT], *at) - 1 for r in seeds]) for at in columns]
    rows.append([f"{NEO} against {WITHOUT}", *(f"{gain:+.1%}" for gain in gains)])
    first = seeds[0][NEO]
    said = ", ".join(f"{segment} {_count(first, segment):,}" for segment in SEGMENTS)
    return f"By segment, all types, {len(seeds)} seeds (lowest and highest in brackets); cases of one: {said}", rows


def _modes(seeds: Sequence[Mapping[str, Report]]) -> list[Titled]:
    """What comes where a mode is asked for by a word alone: of the model that knows both, and of one for each."""
    rows = [["asked for", "familiar HR@30", "NDCG@30", "unfamiliar HR@30", "NDCG@30", "new in 10", "familiar in 10"]]
    rows += [[mode, *map(_over, _asked(seeds, NEO, mode))] for mode in MODES]
    for mode, name in ALONE.items():
        some = [reports for reports in seeds if name in reports]
        if some:
            seen = "" if len(some) == len(seeds) else f", {len(some)} of the seeds"
            rows.append([f"{mode}, trained for it alone{seen}", *map(_over, _asked(some, name, mode))])
    return [("Discovery modes by a word alone, of the types of which something is familiar", rows)]


def _asked(seeds: Sequence[Mapping[str, Report]], name: str, mode: str) -> list[list[float]]:
    """A column's values, one a seed."""
    columns: list[list[float]] = [[] for _ in range(6)]
    for reports in seeds:
        results = [found for found in reports[name].modes if found.mode == mode]
        for place, level in enumerate(("familiar", "unfamiliar")):
            weights = [found.n.get(level, 0) for found in results]
            for offset, scores in enumerate(([f.hr for f in results], [f.ndcg for f in results])):
                values = [score.get(level, 0) for score in scores]
                columns[2 * place + offset].append(float(np.average(values, weights=weights)))
        for place, level in ((4, "unfamiliar"), (5, "familiar")):
            columns[place].append(float(np.mean([found.obeyed[level] for found in results])))
    return columns


def _count(report: Report, segment: str) -> int:
    method, groups = report.methods[0], report.groups("recommend")
    found = [report.find(method, "recommend", group, name) for group in groups for name in SEGMENTS[segment]]
    return sum(result.n for result in found if result is not None)


def _over(values: Sequence[float]) -> str:
    mean = f"{np.mean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.3f} to {max(values):.3f})"


def markdown(files: Sequence[Path]) -> str:
    parts = []
    for title, rows in tables(read(files)):
        lines = [rows[0], ["---", *["---:"] * (len(rows[0]) - 1)], *rows[1:]]
        parts.append("\n".join([f"**{title}**", "", *("| " + " | ".join(line) + " |" for line in lines)]))
    return "\n\n".join(parts)


if __name__ == "__main__":
    print(markdown([Path(name) for name in sys.argv[1:]]))
