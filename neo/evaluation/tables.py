"""A report for eyes: tables in the terminal and in Markdown. The oracle stands last, as the ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from neo.evaluation.discovery_report import Titled, code_table, mode_table
from neo.evaluation.protocol import NEW_LISTENER_EVENTS
from neo.evaluation.report import NEO, ORACLE, Activity, Report, Setting, Task
from neo.evaluation.sign_test import Versus
from neo.evaluation.spread import Spread
from neo.evaluation.text_tables import text_tables
from neo.listeners.familiarity import Familiarity

Cell = float | None


@dataclass(frozen=True)
class Grid:
    """One table. `columns` are (group, metric), `rows` a method's name and its values, the oracle last.

    `digits` after the point: one more under leave-one-out, where the published figures to compare with have four.
    """

    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    note: str
    digits: int = 3

    def best(self, column: int) -> Cell:
        """The highest value that a method other than the oracle reaches."""
        values = [values[column] for name, values in self.rows if name != ORACLE]
        return max((value for value in values if value is not None), default=None)

    def shares(self) -> list[tuple[str, tuple[Cell, ...]]]:
        """For each method called NEO..., the part of the oracle's values it reaches. Empty without one."""
        top = dict(self.rows).get(ORACLE)
        if top is None:
            return []
        return [
            (f"{name} / {ORACLE}", tuple(_ratio(v, t) for v, t in zip(values, top, strict=True)))
            for name, values in self.rows
            if name.startswith(NEO)
        ]


def print_report(report: Report, console: Console | None = None) -> None:
    """Prints all tables and how they came about. `console` defaults to the terminal."""
    console = console or Console()
    for grid in grids(report):
        console.print(grid.title, style="bold", highlight=False, markup=False)
        console.print(_rich_table(grid))
        console.print(grid.note + "\n", style="dim", highlight=False, markup=False)
    for title, rows in _further(report):
        console.print(title, style="bold", highlight=False, markup=False)
        table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 0), show_header=True)  # sign tests fill 80 columns
        for place, name in enumerate(rows[0]):
            table.add_column(name, justify="right" if place else "left", no_wrap=True)
        for row in rows[1:]:
            table.add_row(*map(escape, row))
        console.print(table)
    console.print(_footer(report), style="dim", highlight=False, markup=False)


def to_markdown(report: Report) -> str:
    """The same tables for a README; bold is the best below the oracle."""
    parts = []
    for grid in grids(report):
        header = ["", *(f"{group} {metric}" for group, metric in grid.columns)]
        lines = [_row(header), _row(["---", *["---:"] * len(grid.columns)])]
        lines += [_row([name, *_marked(grid, name, values, "**{}**")]) for name, values in grid.rows]
        lines += [_row([f"*{name}*", *map(_percent, values)]) for name, values in grid.shares()]
        parts.append("\n".join([f"**{grid.title}**", "", *lines, "", grid.note]))
    for title, (header, *rows) in _further(report):
        lines = [_row(header), _row(["---", *["---:"] * (len(header) - 1)]), *map(_row, rows)]
        parts.append("\n".join([f"**{title}**", "", *lines]))
    return "\n\n".join([*parts, _footer(report)]) + "\n"


def _further(report: Report) -> list[Titled]:
    """Tables of other shapes: a title, and rows of texts, of which the first is the header."""
    discovery = [*mode_table(report.modes), *code_table(report.codes)]
    return [*_spread(report), *discovery, *_versus(report), *text_tables(report.texts)]


def _versus(report: Report) -> list[Titled]:
    """For each of our methods: a header, and a row for each other one. Wins and losses, and p of a sign test."""
    found = []
    for method in dict.fromkeys(pair.method for pair in report.versus):
        mine = [pair for pair in report.versus if pair.method == method]
        groups = list(dict.fromkeys((pair.task, pair.group) for pair in mine))
        header = ["", *(group if task == "recommend" else "search" for task, group in groups)]
        rows = []
        for other in dict.fromkeys(pair.other for pair in mine):
            cells = {(pair.task, pair.group): pair for pair in mine if pair.other == other}
            rows.append([other, *(_signs(cells.get(group)) for group in groups)])
        title = f"{method} against others: cases placed higher and lower, p of a two-sided sign test"
        found.append((title, [header, *rows]))
    return found


def _spread(report: Report) -> list[Titled]:
    """A header, and a row for each method: what its lists show of each type."""
    if not report.spread:
        return []
    groups = list(dict.fromkeys(found.group for found in report.spread))
    rows = []
    for method in sorted(dict.fromkeys(found.method for found in report.spread), key=lambda name: name == ORACLE):
        cells = {found.group: found for found in report.spread if found.method == method}
        rows.append([method, *(_shown(cells.get(group)) for group in groups)])
    figures = "share of the catalog, places of the long tail, bits of novelty, distance from taste"
    title = f"Lists of {report.spread[0].k}: {figures}"
    return [(title, [["", *groups], *rows])]


def _shown(found: Spread | None) -> str:
    if found is None:
        return "-"
    far = "" if found.distance is None else f" {found.distance:.2f}".replace("0.", ".")
    return f"{found.coverage:.0%} {found.tail:.0%} {found.novelty:.1f}{far}"


def _signs(pair: Versus | None) -> str:
    if pair is None:
        return "-"
    return f"{pair.wins}:{pair.losses} {'<.001' if pair.p < 0.001 else f'{pair.p:.3f}'.removeprefix('0')}"


def grids(report: Report) -> list[Grid]:
    """Recommendation for each K, for new listeners, by activity, by familiarity; search by metric. None is empty."""
    ks, types = report.setting.ks, report.groups("recommend")
    whole = [(group, group, "all") for group in types]
    found = [_grid(report, f"Recommendation, first {k}", "recommend", whole, (f"HR@{k}", f"NDCG@{k}")) for k in ks]
    names = (f"HR@{ks[0]}", f"NDCG@{ks[0]}")
    title = f"Recommendation, first {ks[0]}, new listeners (fewer than {NEW_LISTENER_EVENTS} events)"
    new = [(group, group, "new") for group in report.groups("recommend", "new")]
    found.append(_grid(report, title, "recommend", new, names))
    by_activity = {name: report.groups("recommend", name) for name in get_args(Activity)}
    active = [(f"{name} {group}", group, name) for name, there in by_activity.items() for group in there]
    title = f"Recommendation, first {ks[0]}: the thirds of other listeners with the fewest events and with the most"
    found.append(_grid(report, title, "recommend", active, names[:1]))
    for group in types:
        known = [(name, group, name) for name in get_args(Familiarity) if group in report.groups("recommend", name)]
        if len(known) > 1:  # else the table is that of all listeners
            title = f"Recommendation, first {ks[0]}: {group} by how well what it belongs to is known"
            found.append(_grid(report, title, "recommend", known, names))
    queries = [(kind, kind, "all") for kind in report.groups("search")]
    found += [_grid(report, f"Search by kind of query, {name}", "search", queries, (name,)) for name in reversed(names)]
    return [grid for grid in found if grid.columns and grid.rows]


def _grid(report: Report, title: str, task: Task, slices: list[tuple[str, str, str]], metrics: tuple[str, ...]) -> Grid:
    """slices: what each is called in the table, and its group and listeners in the report."""
    ordered = sorted(report.methods, key=lambda name: name == ORACLE)
    rows, halves, counts = [], [0.0], {}
    for method in ordered:
        results = [report.find(method, task, group, listeners) for _, group, listeners in slices]
        if not any(results):
            continue
        values: list[Cell] = []
        for (label, _, _), result in zip(slices, results, strict=True):
            for metric in metrics:
                values.append(None if result is None else result.metrics[metric].value)
            if result is not None:
                counts[label] = result.n
                halves += [(result.metrics[m].high - result.metrics[m].low) / 2 for m in metrics]
        rows.append((method, tuple(values)))
    columns = tuple((label, metric) for label, _, _ in slices for metric in metrics)
    cases = ", ".join(f"{label} {counts[label]:,}" for label, _, _ in slices)
    digits = 3 if report.setting.protocol == "time" else 4
    note = f"Cases: {cases}. Widest 95% interval: ±{max(halves):.{digits}f}."
    return Grid(title, columns, tuple(rows), note, digits)


def _rich_table(grid: Grid) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for i, (group, metric) in enumerate(grid.columns):
        first = i == 0 or grid.columns[i - 1][0] != group
        label = group.replace(" ", "\n") if first else ""  # "quiet show" in 80 columns
        table.add_column(escape(f"{label}\n{metric}"), justify="right", no_wrap=True)
    for name, values in grid.rows:
        if name == ORACLE:
            table.add_section()
        table.add_row(escape(name), *_marked(grid, name, values, "[bold]{}[/bold]"))
    for name, values in grid.shares():
        table.add_row(escape(name), *map(_percent, values), style="italic")
    return table


def _marked(grid: Grid, name: str, values: tuple[Cell, ...], mark: str) -> list[str]:
    """The values as text, the best of each column marked."""
    best = [name != ORACLE and value is not None and value == grid.best(i) for i, value in enumerate(values)]
    texts = ["-" if value is None else f"{value:.{grid.digits}f}" for value in values]
    return [mark.format(text) if top else text for text, top in zip(texts, best, strict=True)]


def _footer(report: Report) -> str:
    setting, machine = report.setting, report.machine
    items = ", ".join(f"{name} {count:,}" for name, count in setting.items.items())
    ranking = {name: sum(seconds.values()) for name, seconds in report.seconds.items()}
    fitting = {name: seconds for name, seconds in report.fit_seconds.items() if seconds >= 1}
    times = [f"Ranking took: {_times(ranking)}", *([f"fitting: {_times(fitting)}"] if fitting else [])]
    where = [f"{machine.cores} cores of {machine.processor}", *([machine.gpu] if machine.gpu else [])]
    where += [f"{report.peak_gb:.1f} GB"] if report.peak_gb else []
    return (
        f"{_in_time(setting) if setting.protocol == 'time' else _left_out(setting)} "
        f"{_by_query(setting)}Ranked per item over the full catalog ({items}), items of the history left out. "
        f"{'; '.join([*times, ', '.join(where)])}."
        f"{f' NEO with the {report.steering}.' if report.steering else ''}"
    )


def _times(seconds: dict[str, float]) -> str:
    return ", ".join(f"{name} {took:.1f} s" for name, took in seconds.items())


def _in_time(setting: Setting) -> str:
    day = datetime.fromtimestamp(setting.cut or 0, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"Split: {setting.split}, cut at {day}, horizon {setting.horizon_days:g} days, seed {setting.seed}. "
        f"Known before the cut: {setting.events_before_cut:,} events of {setting.listeners:,} listeners, "
        f"{setting.searches_before_cut:,} searches."
    )


def _left_out(setting: Setting) -> str:
    last = "last" if setting.split == "test" else "second-last"
    read = ", the second-last among them" if setting.split == "test" else ""
    return (
        f"Leave-one-out, {setting.split}: each listener's {last} item is asked for after the {setting.history} items "
        f"before it at most{read}; trained without the last {setting.withheld}, on {setting.events_before_cut:,} "
        f"events of {setting.listeners:,} listeners; seed {setting.seed}. With one right item a case HR is Recall."
    )


def _by_query(setting: Setting) -> str:
    if not setting.untimed_searches:
        return ""
    return (
        f"{setting.untimed_searches:,} searches without a time are known, none of them of a query that is asked for; "
        "all items that such a query led to are right: HR asks for one of them, NDCG for all. "
    )


def _ratio(value: Cell, top: Cell) -> Cell:
    return value / top if value is not None and top else None


def _percent(value: Cell) -> str:
    return "-" if value is None else f"{value:.0%}"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
