"""A report as a picture: what every method reaches for each item type, under the oracle's line."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from neo.evaluation.report import NEO, ORACLE, Report, Task
from neo_sdk.errors import InvalidRequestError

INK, GREY, BLUE, ORANGE = "#222222", "#9aa3ad", "#2f6fb0", "#d1701f"


def draw_report(report: Report, path: Path | str) -> None:
    """Writes a PNG: a panel for each item type, and one for search; bars with their 95% intervals.

    InvalidRequestError where nothing was asked.
    """
    metric = f"NDCG@{report.setting.ks[-1] if report.setting.protocol == 'leave_one_out' else report.setting.ks[0]}"
    panels: list[tuple[Task, str]] = [("recommend", group) for group in report.groups("recommend")]
    panels += [("search", "all")] if report.groups("search") else []
    if not panels:
        raise InvalidRequestError("There is nothing to draw: the report has neither recommendations nor searches.")
    with matplotlib.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        most = max(sum(report.find(name, *panel) is not None for name in report.methods) for panel in panels)
        figure = Figure(figsize=(4.2 * len(panels), 1.1 + 0.34 * most), dpi=110, layout="constrained")
        FigureCanvasAgg(figure)
        for axes, (task, group) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            _panel(axes, report, task, group, metric)
        figure.savefig(path, format="png", metadata={"Software": None})


def _panel(axes: Axes, report: Report, task: Task, group: str, metric: str) -> None:
    results = [found for name in report.methods if (found := report.find(name, task, group)) is not None]
    bars = [result for result in results if result.method != ORACLE]
    estimates = [result.metrics[metric] for result in bars]
    values = [estimate.value for estimate in estimates]
    sides = ([e.value - e.low for e in estimates], [e.high - e.value for e in estimates])
    colors = [BLUE if result.method.startswith(NEO) else GREY for result in bars]
    axes.barh(range(len(bars)), values, color=colors, xerr=sides, error_kw={"ecolor": INK, "elinewidth": 0.8})
    axes.set_yticks(range(len(bars)), [result.method for result in bars])
    axes.invert_yaxis()
    for result in results:
        if result.method == ORACLE:
            top = result.metrics[metric].value
            axes.axvline(top, color=ORANGE, linewidth=1.2)
            axes.annotate("oracle", (top, 1), xycoords=("data", "axes fraction"), color=ORANGE, ha="right", va="bottom")
    title = f"{group}, {metric}" if task == "recommend" else f"search, {metric}"
    axes.set_title(title, loc="left", color=INK)
