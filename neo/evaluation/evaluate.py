"""Runs methods over the same cases and measures them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar, get_args

import numpy as np

from neo.catalog.activity import Dataset
from neo.catalog.catalog import Catalog
from neo.evaluation.leave_one_out import AnySplit
from neo.evaluation.machine import peak_gb, this_machine
from neo.evaluation.methods import Method, Recommender, Searcher
from neo.evaluation.metrics import bootstrap, hit_gain, hits, ndcg_gain
from neo.evaluation.protocol import RecommendCase, Split
from neo.evaluation.report import ALL, NEO, ORACLE, Report, Result, Setting, Task, with_shares
from neo.evaluation.search_cases import SearchCase
from neo.evaluation.sign_test import Versus, versus_all
from neo.evaluation.spread import Met, Spread
from neo.listeners.familiarity import Familiarity, familiarity
from neo_sdk.errors import InvalidRequestError

C = TypeVar("C", RecommendCase, SearchCase)
Gains = dict[str, np.ndarray]  # by metric, float64[cases]


def evaluate(
    methods: Sequence[Method],
    recommend_cases: Sequence[RecommendCase],
    search_cases: Sequence[SearchCase],
    ks: Sequence[int] = (10, 30),
    *,
    dataset: Dataset,
    split: AnySplit,
    seed: int = 0,
    content: np.ndarray | None = None,
    say: Callable[[str], None] = print,
) -> Report:
    """Every method on every case that it can rank. `seed` draws the bootstrap, `say` gets lines of progress.

    content: float32 [items, d], what items say, to tell how far lists are from what listeners met.

    Raises InvalidRequestError if a method returns anything but the right number of lists of distinct catalog
    rows of the case's type, or an item of the history for a recommendation: such a number would not be
    comparable.
    """
    if len({method.name for method in methods}) < len(methods):
        raise InvalidRequestError(f"methods need different names, got {[method.name for method in methods]}")
    if not ks or min(ks) < 1:
        raise InvalidRequestError(f"ks is {tuple(ks)}, expected one or more numbers from 1")
    results: list[Result] = []
    seconds: dict[str, dict[Task, float]] = {}
    ranked: dict[Task, dict[str, np.ndarray]] = {"recommend": {}, "search": {}}
    catalog, deepest = dataset.catalog, f"NDCG@{max(ks)}"
    slices = _slices(recommend_cases, split, catalog)
    met, spread = Met(split.training(dataset).events, catalog, content), list[Spread]()
    for method in methods:
        name, took = method.name, seconds.setdefault(method.name, {})
        if isinstance(method, Recommender) and recommend_cases:
            say(f"{name}: {len(recommend_cases):,} recommendations")
            lists, gains, took["recommend"] = _run(name, method.recommend, recommend_cases, ks, catalog)
            spread += met.spread(name, lists, recommend_cases, ks[0])
            results += _recommend_results(name, recommend_cases, slices, gains, seed)
            ranked["recommend"][name] = gains[deepest]
        if isinstance(method, Searcher) and search_cases:
            say(f"{name}: {len(search_cases):,} searches")
            _, gains, took["search"] = _run(name, method.search, search_cases, ks, catalog)
            results += _search_results(name, search_cases, gains, seed)
            ranked["search"][name] = gains[deepest]
        say(f"{name}: {sum(took.values()):.1f} s")
    return Report(
        setting=_setting(dataset, split, seed, ks),
        machine=this_machine(),
        methods=tuple(method.name for method in methods),
        results=with_shares(results),
        seconds=seconds,
        fit_seconds={method.name: getattr(method, "fit_seconds", 0.0) for method in methods},
        peak_gb=peak_gb(),
        spread=tuple(spread),
        versus=(
            *_versus("recommend", ranked["recommend"], [case.type for case in recommend_cases]),
            *_versus("search", ranked["search"], [ALL] * len(search_cases)),
        ),
    )


def _versus(task: Task, gains: dict[str, np.ndarray], groups: list[str]) -> list[Versus]:
    """Every NEO against every other method; nobody is compared with the oracle, which knows."""
    known = {name: theirs for name, theirs in gains.items() if name != ORACLE}
    return [pair for name in known if name.startswith(NEO) for pair in versus_all(known, groups, task, name)]


def _run(
    name: str,
    rank: Callable[[Sequence[C], int], list[np.ndarray]],
    cases: Sequence[C],
    ks: Sequence[int],
    catalog: Catalog,
) -> tuple[list[np.ndarray], Gains, float]:
    """The lists, what each case gains, and the seconds that ranking took."""
    started, deepest = time.perf_counter(), max(ks)
    ranked = [np.asarray(rows, dtype=np.int64)[:deepest] for rows in rank(cases, deepest)]
    seconds = time.perf_counter() - started
    if len(ranked) != len(cases):
        raise InvalidRequestError(f"{name} returned {len(ranked)} ranked lists for {len(cases)} cases")
    _check(name, ranked, cases, catalog)
    relevant = [case.relevant for case in cases]
    found, right = hits(ranked, relevant, deepest), np.array([len(rows) for rows in relevant])
    gains: Gains = {}
    for k in ks:
        gains |= {f"HR@{k}": hit_gain(found, k), f"NDCG@{k}": ndcg_gain(found, right, k)}
    return ranked, gains, seconds


def _check(name: str, ranked: list[np.ndarray], cases: Sequence[C], catalog: Catalog) -> None:
    """Raises InvalidRequestError for rows that are no candidates of their case."""
    codes = {type_name: code for code, type_name in enumerate(catalog.type_names)}
    for rows, case in zip(ranked, cases, strict=True):
        wrong = None
        if len(rows) and not (rows.min() >= 0 and rows.max() < len(catalog)):
            wrong = f"a row outside 0 to {len(catalog) - 1}"
        elif (catalog.type_codes[rows] != codes[case.type]).any():
            wrong = "an item of another type"
        elif len(np.unique(rows)) < len(rows):
            wrong = "an item twice"
        elif isinstance(case, RecommendCase) and np.isin(rows, case.history).any():
            wrong = "an item of the listener's history"
        if wrong:
            asked = f"type {case.type}, listener row {case.listener}"
            raise InvalidRequestError(f"{name} ranked {wrong} for {asked}: {rows.tolist()}")


def _slices(cases: Sequence[RecommendCase], split: AnySplit, catalog: Catalog) -> dict[str, np.ndarray]:
    """bool[cases] by name: those of new listeners, of others with few events and with many, and those that ask for
    what is a habit, familiar or unfamiliar.

    Where nobody says when things were met, habits are not known.
    """
    new = np.array([case.is_new for case in cases], dtype=bool)
    events = np.array([len(case.history) for case in cases])
    few, many = np.quantile(events[~new], (1 / 3, 2 / 3), method="nearest") if not new.all() else (0, 0)
    slices = {"new": new, "quiet": ~new & (events <= few), "busy": ~new & (events > many)}
    if isinstance(split, Split):
        parents = catalog.parent_rows
        known = [familiarity(case.target, case.history, case.times, split.cut, parents) for case in cases]
        slices |= {name: np.array([each == name for each in known]) for name in get_args(Familiarity)}
    return slices


def _recommend_results(
    method: str, cases: Sequence[RecommendCase], slices: dict[str, np.ndarray], gains: Gains, seed: int
) -> list[Result]:
    types, results = np.array([case.type for case in cases]), []
    for name in dict.fromkeys(types.tolist()):
        mine = types == name
        results.append(_result(method, "recommend", name, gains, mine, seed))
        for listeners, some in slices.items():
            if (mine & some).any():
                part = _result(method, "recommend", name, gains, mine & some, seed)
                results.append(part.model_copy(update={"listeners": listeners}))
    return results


def _search_results(method: str, cases: Sequence[SearchCase], gains: Gains, seed: int) -> list[Result]:
    kinds = np.array([case.kind for case in cases])
    named = sorted(set(kinds.tolist()) - {ALL})
    results = [_result(method, "search", kind, gains, kinds == kind, seed) for kind in named]
    return [*results, _result(method, "search", ALL, gains, np.ones(len(cases), dtype=bool), seed)]


def _result(method: str, task: Task, group: str, gains: Gains, mine: np.ndarray, seed: int) -> Result:
    metrics = {name: bootstrap(values[mine], seed) for name, values in gains.items()}
    return Result(method=method, task=task, group=group, n=int(mine.sum()), metrics=metrics)


def _setting(dataset: Dataset, split: AnySplit, seed: int, ks: Sequence[int]) -> Setting:
    catalog, known = dataset.catalog, split.training(dataset)
    return Setting(
        protocol="time" if isinstance(split, Split) else "leave_one_out",
        split=split.name,
        cut=split.cut if isinstance(split, Split) else None,
        horizon_days=split.horizon_days if isinstance(split, Split) else None,
        history=None if isinstance(split, Split) else split.history,
        withheld=None if isinstance(split, Split) else split.withheld,
        seed=seed,
        ks=tuple(ks),
        items={name: len(catalog.rows_of(name)) for name in catalog.type_names},
        listeners=len(dataset.listeners),
        events_before_cut=len(known.events),
        searches_before_cut=len(known.searches),
        untimed_searches=int((~known.searches.timed).sum()),
    )
