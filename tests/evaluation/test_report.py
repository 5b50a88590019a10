"""Evaluation of hand-made methods, the report that comes out, and its tables."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console

from neo.catalog.activity import Dataset, Events, Listeners, Searches
from neo.catalog.catalog import Catalog
from neo.evaluation.evaluate import evaluate
from neo.evaluation.picture import draw_report
from neo.evaluation.protocol import RecommendCase, Split
from neo.evaluation.report import ORACLE, Report
from neo.evaluation.search_cases import SearchCase
from neo.evaluation.sign_test import Versus
from neo.evaluation.tables import grids, print_report, to_markdown
from neo_sdk.errors import InvalidRequestError

TYPES = ["show"] * 3 + ["audiobook"] * 3 + ["episode"]
IDS = [f"i{row}" for row in range(7)]
PARENTS = pa.array([None] * 6 + ["i0"], pa.string())
CATALOG = Catalog.from_table(pa.table({"id": IDS, "type": TYPES, "title": IDS, "parent": PARENTS}))
NONE = np.empty(0, dtype=np.int32)
DATA = Dataset(CATALOG, Listeners.from_ids(["u0", "u1"]), Events.from_arrays(NONE, NONE, NONE, [], 2), Searches.none())
SPLIT = Split("test", cut=86_400)
OLD, WHEN = np.array([2, 5, 2, 5, 2], dtype=np.int32), np.arange(5)
RECOMMEND = [
    RecommendCase(0, OLD, WHEN, "show", 0),
    RecommendCase(1, NONE, NONE, "show", 1),
    RecommendCase(0, OLD, WHEN, "audiobook", 3),
]
SEARCH = [
    SearchCase(i, "q", kind, -1, "show", np.array([0]), NONE) for i, kind in enumerate(["title", "title", "topic"])
]


class Fixed:
    """Ranks the same rows for every case of a type."""

    def __init__(self, name: str, **rows: list[int]) -> None:
        self.name = name
        self.rows = rows

    def recommend(self, cases: Sequence[RecommendCase], k: int) -> list[np.ndarray]:
        return [np.array(self.rows[case.type], dtype=np.int64) for case in cases]


class Both(Fixed):
    def search(self, cases: Sequence[SearchCase], k: int) -> list[np.ndarray]:
        return [np.array([0 if case.kind == "title" else 1], dtype=np.int64) for case in cases]


class Ranks:
    """Ranks the same rows for every query."""

    def __init__(self, name: str, rows: list[int]) -> None:
        self.name, self.rows = name, rows

    def search(self, cases: Sequence[SearchCase], k: int) -> list[np.ndarray]:
        return [np.array(self.rows, dtype=np.int64)[:k] for _ in cases]


METHODS = [
    Both(ORACLE, show=[0, 1], audiobook=[3]),
    Fixed("popularity", show=[1], audiobook=[4]),
    Both("NEO", show=[1, 0], audiobook=[4, 3]),
]


@pytest.fixture(scope="module")
def report() -> Report:
    return evaluate(METHODS, RECOMMEND, SEARCH, (1, 2), dataset=DATA, split=SPLIT, say=lambda line: None)


def test_values_are_per_type_and_kind(report: Report) -> None:
    assert report.value("NEO", "recommend", "show", "HR@1") == 0.5
    assert report.value("NEO", "recommend", "show", "HR@2") == 1.0
    assert report.value("NEO", "recommend", "audiobook", "NDCG@2") == pytest.approx(1 / np.log2(3))
    assert report.value("NEO", "search", "title", "HR@1") == 1.0
    assert report.value("NEO", "search", "topic", "HR@1") == 0.0
    assert report.value("NEO", "search", "all", "HR@1") == pytest.approx(2 / 3)
    assert report.value("popularity", "search", "all", "HR@1") is None
    assert report.groups("search") == ("title", "topic", "all")


def test_new_listeners_are_a_slice(report: Report) -> None:
    new = report.find("popularity", "recommend", "show", "new")
    assert new is not None
    assert (new.n, new.metrics["HR@1"].value) == (1, 1.0)
    assert report.find("popularity", "recommend", "audiobook", "new") is None


def test_shares_of_the_oracle(report: Report) -> None:
    neo = report.find("NEO", "recommend", "audiobook")
    assert neo is not None
    assert neo.share_of_oracle == pytest.approx({"HR@1": 0, "NDCG@1": 0, "HR@2": 1, "NDCG@2": 1 / np.log2(3)})
    topic = report.find("NEO", "search", "topic")
    assert topic is not None and topic.share_of_oracle == {}  # where the oracle reaches 0 there is no share


def test_json_round_trip(report: Report, tmp_path: Path) -> None:
    report.save(tmp_path / "report.json")
    assert Report.load(tmp_path / "report.json") == report
    assert (report.setting.items, report.setting.ks) == ({"show": 3, "episode": 1, "audiobook": 3}, (1, 2))
    (tmp_path / "other.json").write_text('{"setting": 1}')
    with pytest.raises(InvalidRequestError, match=r"other\.json"):
        Report.load(tmp_path / "other.json")


def test_oracle_comes_last_and_does_not_take_the_bold(report: Report) -> None:
    first = grids(report)[0]
    assert [name for name, _ in first.rows] == ["popularity", "NEO", ORACLE]
    lines = to_markdown(report).splitlines()
    assert lines[2] == "|  | show HR@1 | show NDCG@1 | audiobook HR@1 | audiobook NDCG@1 |"
    assert lines[4:8] == [
        "| popularity | **0.500** | **0.500** | **0.000** | **0.000** |",
        "| NEO | **0.500** | **0.500** | **0.000** | **0.000** |",
        "| oracle | 0.500 | 0.500 | 1.000 | 1.000 |",
        "| *NEO / oracle* | 100% | 100% | 0% | 0% |",
    ]


def test_printed_tables_hold_the_same_and_fit_eighty_columns() -> None:
    cases = [*RECOMMEND, RecommendCase(1, NONE, NONE, "episode", 6)]
    methods = [Both(name, show=[1], episode=[6], audiobook=[4]) for name in ("popularity, 14 days", "NEO", ORACLE)]
    report = evaluate(methods, cases, SEARCH, (10, 30), dataset=DATA, split=SPLIT, say=lambda line: None)
    text = io.StringIO()
    print_report(report, Console(file=text, width=80))
    lines = text.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in text.getvalue()
    for words in (
        "Recommendation, first 1",
        "Search by kind of query, NDCG@1",
        "NEO / oracle",
        "cut at 1970-01-02",
    ):
        assert any(words in line for line in lines)


def test_what_lists_show_stands_beside_how_often_they_are_right(report: Report) -> None:
    by_type = {(found.method, found.group): found for found in report.spread}
    shows = by_type[("NEO", "show")]
    assert (shows.lists, shows.k, shows.tail, shows.novelty) == (2, 1, 1, 0)  # nobody has met anything
    assert f"| NEO | {shows.coverage:.0%} 100% 0.0 |" in to_markdown(report)


def test_cases_are_told_apart_by_how_well_the_show_is_known() -> None:
    met = np.array([0, 0, 0], dtype=np.int32)  # the episode's show
    late, once = np.array([-1, -2, -3]) * 86_400, np.array([-1, -1, -1]) * 86_400
    cases = [RecommendCase(0, met, late, "episode", 6), RecommendCase(0, met, once, "episode", 6)]
    cases += [RecommendCase(1, NONE, NONE, "episode", 6), *RECOMMEND]
    method = Fixed("NEO", show=[1], episode=[6], audiobook=[4])
    report = evaluate([method], cases, [], (1,), dataset=DATA, split=SPLIT, say=lambda line: None)
    for known in ("habitual", "familiar", "unfamiliar"):
        found = report.find("NEO", "recommend", "episode", known)
        assert found is not None and found.n == 1
    assert report.groups("recommend", "familiar") == ("episode",)
    titles = [grid.title for grid in grids(report)]
    assert titles.count("Recommendation, first 1: episode by how well what it belongs to is known") == 1
    assert not any("first 1: show" in title for title in titles)  # all of them unfamiliar: nothing to tell apart


def test_listeners_are_told_apart_by_how_much_they_met() -> None:
    days = np.arange(-9, 0) * 86_400
    cases = [
        RecommendCase(0, np.full(count, 0, dtype=np.int32), days[-count:], "episode", 6)
        for count in (5, 5, 6, 7, 8, 9, 9)
    ]
    cases.append(RecommendCase(1, NONE, NONE, "episode", 6))
    method = Fixed("NEO", episode=[6])
    report = evaluate([method], cases, [], (1,), dataset=DATA, split=SPLIT, say=lambda line: None)
    counts = {name: report.find("NEO", "recommend", "episode", name) for name in ("new", "quiet", "busy")}
    assert {name: found and found.n for name, found in counts.items()} == {"new": 1, "quiet": 3, "busy": 2}
    grid = next(grid for grid in grids(report) if "the fewest events" in grid.title)
    assert grid.columns == (("quiet episode", "HR@1"), ("busy episode", "HR@1"))


def test_names_are_no_markup(report: Report) -> None:
    odd = report.model_copy(
        update={
            "methods": ("a [bold] b",),
            "results": tuple(
                result.model_copy(update={"method": "a [bold] b", "share_of_oracle": {}})
                for result in report.results
                if result.method == "NEO"
            ),
        }
    )
    text = io.StringIO()
    print_report(odd, Console(file=text, width=100))
    assert "a [bold] b" in text.getvalue()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([0, 0], "an item twice"),
        ([3], "an item of another type"),
        ([2], "an item of the listener's history"),
        ([7], "a row outside 0 to 6"),
        ([-1], "a row outside 0 to 6"),
    ],
)
def test_a_method_that_breaks_the_rules_gets_no_number(rows: list[int], message: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"cheat ranked {message}"):
        evaluate(
            [Fixed("cheat", show=rows, audiobook=[])],
            RECOMMEND,
            [],
            dataset=DATA,
            split=SPLIT,
            say=lambda line: None,
        )


def test_searches_without_times_are_explained(report: Report) -> None:
    assert "without a time" not in to_markdown(report)
    setting = report.setting.model_copy(update={"untimed_searches": 4_321})
    assert "4,321 searches without a time are known" in to_markdown(report.model_copy(update={"setting": setting}))


def test_several_right_items_are_judged_together() -> None:
    case = SearchCase(0, "q", "tag", -1, "show", np.array([0, 2]), NONE)
    methods = [Both("NEO", show=[], audiobook=[]), Ranks("other", [2, 1, 0])]
    report = evaluate(methods, [], [case], (1, 3), dataset=DATA, split=SPLIT, say=lambda line: None)
    assert report.value("other", "search", "tag", "HR@1") == report.value("other", "search", "tag", "NDCG@1") == 1
    assert report.value("other", "search", "tag", "NDCG@3") == pytest.approx((1 + 1 / 2) / (1 + 1 / np.log2(3)))
    assert report.value("NEO", "search", "tag", "HR@3") == 0
    assert [(pair.wins, pair.losses) for pair in report.versus] == [(0, 1)]


def test_progress_is_said_for_each_method() -> None:
    said: list[str] = []
    evaluate(METHODS, RECOMMEND, SEARCH, dataset=DATA, split=SPLIT, say=said.append)
    assert [line for line in said if line.startswith("NEO: ")][:2] == [
        "NEO: 3 recommendations",
        "NEO: 3 searches",
    ]


def test_equal_names_and_empty_ks_are_told() -> None:
    with pytest.raises(InvalidRequestError, match="different names"):
        evaluate([METHODS[0], METHODS[0]], RECOMMEND, [], dataset=DATA, split=SPLIT)
    with pytest.raises(InvalidRequestError, match="ks is"):
        evaluate(METHODS, RECOMMEND, [], (), dataset=DATA, split=SPLIT)


def test_a_picture_is_drawn_and_our_method_is_compared_in_print(
    report: Report, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_report(report, tmp_path / "report.png")
    with pytest.raises(InvalidRequestError, match="nothing to draw"):
        draw_report(report.model_copy(update={"results": ()}), tmp_path / "nothing.png")
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")
    pair = Versus(method="NEO", other="popularity", task="recommend", group="show", wins=9, losses=1, p=0.02)
    text = to_markdown(report.model_copy(update={"versus": (pair,)}))
    assert "| popularity | 9:1 .020 |" in text


def test_sign_tests_of_three_types_and_search_fit_eighty_columns(report: Report) -> None:
    asked = [("recommend", name) for name in ("show", "episode", "audiobook")] + [("search", "all")]
    others = ("matrix factorization", "BM25")
    pairs = [
        Versus(method="NEO", other=other, task=task, group=group, wins=669, losses=263, p=1e-9)
        for other in others
        for task, group in asked
    ]
    text = io.StringIO()
    print_report(report.model_copy(update={"versus": tuple(pairs)}), Console(file=text, width=80))
    assert text.getvalue().count("669:263 <.001") == 8 and "…" not in text.getvalue()
