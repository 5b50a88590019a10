"""Examples: labels come after what the prompt tells, wordings follow the task, and nothing is dropped unseen."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import byte_tokenizer

from neo.catalog.activity import Dataset, Events
from neo.catalog.catalog import Catalog
from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.world import make_world
from neo.language.render import Renderer
from neo.language.segments import Aside, History, ItemRef, Text, Turn
from neo.language.vocabulary import Vocabulary
from neo.language.wordings.fill import fill, type_words
from neo.language.wordings.instructions import TASKS
from neo.listeners.familiarity import familiarity
from neo.listeners.recent import recent
from neo.sids.table import SidTable
from neo.training.config import GroundingStage, InstructionStage
from neo.training.examples.grounding import grounding_examples, item_words
from neo.training.examples.instruction import InstructionExamples
from neo.training.examples.language import language_rows
from neo.training.examples.moments import Moments
from neo.training.examples.rows import Example, shorten, write_rows
from neo.training.examples.walks import Walks
from neo.training.teacher.built_in import BuiltInTeacher
from neo_sdk.types import Mode

TYPES = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2])
NO_PARENTS = np.full(9, -1)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    config = WorldConfig(shows=20, episodes=100, audiobooks=20, listeners=60, searches_per_listener=3.0)
    return make_world(config).dataset


@st.composite
def events(draw: st.DrawFn) -> Events:
    rows = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 8), st.integers(0, 50)), min_size=1, max_size=40))
    listener, item, time = (np.array(column) for column in zip(*rows, strict=True))
    return Events.from_arrays(listener, item, time * 86_400, ["play"] * len(rows), 4)


@given(events(), st.integers(0, 2), st.integers(0, 2**31))
@settings(max_examples=150, deadline=None)
def test_a_moment_is_a_cut_in_one_life(events: Events, code: int, seed: int) -> None:
    moments = Moments(events, TYPES, history=5, recency_days=10.0, parents=NO_PARENTS)
    for moment in moments.draw(code, 20, np.random.default_rng(seed)):
        life = events.history(moment.listener).tolist()
        cuts = [
            now
            for now in range(len(life) + 1)
            if tuple(life[place] for place in recent(TYPES[life[:now]], 5)) == moment.history
            and moment.upcoming[0] not in life[:now]
            # the label is the very next item of the type
            and next((row for row in life[now:] if TYPES[row] == code), None) == moment.upcoming[0]
        ]
        assert cuts
        assert all(TYPES[row] == code for row in moment.upcoming)
        assert len(set(moment.upcoming)) == len(moment.upcoming)


PARENTS = np.array([-1, -1, -1, 0, 0, 1, 2, -1, -1])  # three shows with episodes, and two audiobooks


@pytest.mark.parametrize("mode", ["familiar", "unfamiliar"])
@given(events(), st.integers(0, 2**31))
@settings(max_examples=150, deadline=None)
def test_a_discovery_is_of_its_mode_when_it_is_asked_for(mode: Mode, events: Events, seed: int) -> None:
    moments = Moments(events, TYPES, history=50, recency_days=10.0, parents=PARENTS)
    found = set()
    for moment in moments.discoveries(mode, [0, 1, 2], 12, np.random.default_rng(seed)):
        life, times = events.history(moment.listener), events.times(moment.listener)
        now = len(moment.history)
        assert moment.history == tuple(life[:now].tolist()) and times[now] == moment.when
        assert 1 <= len(moment.upcoming) == len(moment.known) and len({TYPES[item] for item in moment.upcoming}) == 1
        met = [now + int(np.flatnonzero(life[now:] == item)[0]) for item in moment.upcoming]
        for item in moment.upcoming:
            level = familiarity(item, life[:now], times[:now], moment.when, PARENTS)
            assert item not in life[:now] and (level == mode if mode == "unfamiliar" else level != "unfamiliar")
        assert familiarity(moment.upcoming[0], life[:now], times[:now], moment.when, PARENTS) == mode
        assert met[0] == now if mode == "familiar" else times[met[0]] - moment.when <= 7 * 86_400
        found.add(int(TYPES[moment.upcoming[0]]))
    there = set()  # the types of which somebody met something of the mode, the first of its kind to be met
    for listener in range(4):
        life, times = events.history(listener), events.times(listener)
        for at, item in enumerate(life.tolist()):
            known = familiarity(item, life[:at], times[:at], int(times[at]), PARENTS)
            if known == mode and item not in life[:at]:
                there.add(int(TYPES[item]))
    assert there <= found


def test_histories_go_from_all_of_a_life_to_as_many_of_each_type() -> None:
    items = np.tile([0, 3, 4, 5, 6, 3, 4, 5, 6], 10)  # eight of the second type for each of the first
    events = Events.from_arrays(np.zeros(90, int), items, np.arange(90) * 86_400, ["play"] * 90, 1)
    moments = Moments(events, TYPES, history=100, recency_days=10.0, parents=NO_PARENTS)
    drawn = [TYPES[items[places]] for _, places in moments.histories(400, np.random.default_rng(0))]
    assert {int((types == 0).sum()) for types in drawn} == {10}
    frequent = np.array([(types == 1).sum() for types in drawn])
    assert frequent.min() < 15 and frequent.max() > 75
    # the mean of 80 * 8 ** -u, u even from 0 to 1
    assert frequent.mean() == pytest.approx(80 * (1 - 1 / 8) / np.log(8), abs=3)


@given(events(), st.integers(0, 30), st.integers(0, 2**31))
@settings(max_examples=100, deadline=None)
def test_histories_are_parts_of_lives_and_late_ones_are_read_more_often(events: Events, n: int, seed: int) -> None:
    moments = Moments(events, TYPES, history=5, recency_days=10.0, parents=NO_PARENTS)
    drawn = [(who, events.item[places].tolist()) for who, places in moments.histories(n, np.random.default_rng(seed))]
    lives = [events.history(listener).tolist() for listener in range(4)]
    for listener, history in drawn:
        life, left = lives[listener], iter(lives[listener])
        assert 1 <= len(history) <= 5 and all(row in left for row in history)  # in the order of the life
        counts = Counter(TYPES[life].tolist())
        rarest = [row for row in life if counts[TYPES[row]] == min(counts.values())]
        if len(life) <= 5:  # of the rarest types, nothing goes
            assert [row for row in history if row in rarest] == rarest
        if len(counts) == 1:
            size = min(5, len(life))
            assert list(history) in [life[start : start + size] for start in range(len(life) - size + 1)]
    long_enough = [listener for listener, life in enumerate(lives) if len(life) >= 2]
    times = Counter(listener for listener, _ in drawn)
    assert len(drawn) == (n if long_enough else 0) and set(times) <= set(long_enough)
    mean = {who: np.exp2(events.time[events.listener == who] / 864_000).mean() for who in long_enough}
    late = {who: max(mean[who] / max(mean.values()), 0.01) ** 0.5 for who in long_enough}
    assert all(abs(times[who] - n * late[who] / sum(late.values())) <= 1 for who in long_enough)


def test_late_events_are_drawn_more_often() -> None:
    many = 200
    events = Events.from_arrays(np.arange(many), np.zeros(many, int), np.arange(many) * 86_400, ["play"] * many, many)
    drawn = [m.listener for m in Moments(events, TYPES, 5, 20.0, NO_PARENTS).draw(0, 2_000, np.random.default_rng(0))]
    late = np.mean(np.array(drawn) >= many - 20)
    assert 0.42 < late < 0.58  # one half-life holds half of the weight


def test_types_that_were_met_ages_ago_are_drawn_too() -> None:
    days = np.array([0, 1, 2, 4000])
    events = Events.from_arrays(np.zeros(4, int), np.array([0, 1, 2, 3]), days * 86_400, ["play"] * 4, 1)
    moments = Moments(events, TYPES, history=5, recency_days=1.0, parents=NO_PARENTS)
    rng = np.random.default_rng(0)
    assert len(list(moments.draw(0, 9, rng))) == 9 and len(list(moments.histories(9, rng))) == 9
    # The latest event is of somebody who has met nothing else.
    alone = Events.from_arrays(np.array([0, 0, 0, 1]), np.array([0, 1, 2, 3]), days * 86_400, ["play"] * 4, 2)
    drawn = list(Moments(alone, TYPES, history=5, recency_days=1.0, parents=NO_PARENTS).histories(9, rng))
    assert [listener for listener, _ in drawn] == [0] * 9


def test_every_task_is_there_with_its_answer(dataset: Dataset) -> None:
    counts = {"search": 20, "lookup": 20, "verbalize": 20, "explain": 6, "understand": 6}
    counts |= {"recommend_mixed": 6, "search_mixed": 6, "chat": 6}
    counts |= {"histories": 9, "walks": 7}
    stage, catalog = InstructionStage.model_validate({"recommend": 30, **counts}), dataset.catalog
    counts["history"], counts["walk"] = counts.pop("histories"), counts.pop("walks")
    visible = np.arange(len(catalog))
    walks = Walks.among(visible, np.random.default_rng(0).normal(size=(len(catalog), 4)))
    made = InstructionExamples(dataset, visible, stage, 0, walks).examples(BuiltInTeacher())
    by_task: dict[str, list[Turn]] = {}
    for example in made:
        by_task.setdefault(example.task, []).append(example.turns[0])
    assert {task: len(turns) for task, turns in by_task.items() if task != "recommend"} == counts
    assert all(turn.answer is None for task in ("history", "walk") for turn in by_task[task])
    types = {catalog.type_of(turn.answer[0].row) for turn in by_task["recommend"]}
    assert types == {"show", "episode", "audiobook"}
    for task in ("recommend", "search", "lookup"):
        assert all([type(s) for s in turn.answer] == [ItemRef] for turn in by_task[task])
    parts = {"verbalize": [Text], "explain": [Text, ItemRef, Aside, Text], "understand": [Text, Aside, Text]}
    for task, expected in parts.items():
        assert all([type(s) for s in turn.answer] == expected for turn in by_task[task])
    for task in ("recommend_mixed", "search_mixed", "chat"):
        assert all({type(s) for s in turn.answer} == {Text, ItemRef, Aside} for turn in by_task[task])


def test_short_requests_come_from_any_length_of_a_history_and_from_none(dataset: Dataset) -> None:
    none = dict.fromkeys(("search", "lookup", "verbalize", "explain", "understand", "recommend_mixed", "chat"), 0)
    stage = InstructionStage.model_validate({**none, "search_mixed": 0, "recommend": 0, "recommend_short": 400})
    made = InstructionExamples(dataset, np.arange(len(dataset.catalog)), stage, seed=0).examples(BuiltInTeacher())
    read = [[part.rows for part in example.turns[0].request if isinstance(part, History)] for example in made]
    lengths = Counter(len(rows[0]) if rows else 0 for rows in read)
    lives = np.diff(dataset.events.offsets)
    assert 45 < lengths[0] < 120 and max(lengths) == min(stage.history, lives.max() - 1)  # 24 are first events anyway


def test_mixed_searches_name_what_was_opened_after_the_query(dataset: Dataset) -> None:
    stage = InstructionStage(recommend=0, search=0, lookup=0, verbalize=0, explain=0, understand=0, recommend_mixed=0)
    stage = stage.model_copy(update={"search_mixed": 60, "chat": 0})
    made = InstructionExamples(dataset, np.arange(len(dataset.catalog)), stage, seed=0)
    log = set(zip(dataset.searches.query.to_pylist(), dataset.searches.item.tolist(), strict=True))
    queries = {query for query, _ in log}
    for example in made.examples(BuiltInTeacher()):
        (turn,) = example.turns
        rows = [part.row for part in turn.answer if isinstance(part, ItemRef)]
        asked = "".join(part.text for part in turn.request if isinstance(part, Text))
        assert rows and len(set(rows)) == len(rows)
        assert any(query in asked and all((query, row) in log for row in rows) for query in queries)


def test_a_chat_that_names_a_type_is_answered_with_items_of_it(dataset: Dataset) -> None:
    none = dict.fromkeys(("recommend", "search", "lookup", "verbalize", "explain", "understand", "recommend_mixed"), 0)
    stage = InstructionStage.model_validate({**none, "search_mixed": 0, "chat": 120})
    made = InstructionExamples(dataset, np.arange(len(dataset.catalog)), stage, seed=0).examples(BuiltInTeacher())
    turns = [example.turns[0] for example in made]
    catalog, named = dataset.catalog, Counter[str]()
    phrases = [
        (item_type.name, [part.text for part in fill(wording, query=ItemRef(0), **words.slots()) if type(part) is Text])
        for wording in (*TASKS["chat_typed"], *TASKS["chat_about_typed"])
        for item_type in catalog.types
        for words in type_words(item_type)
    ]
    for turn in turns:
        asked = "".join(part.text for part in turn.request if isinstance(part, Text))
        types = {catalog.type_of(part.row) for part in turn.answer or () if isinstance(part, ItemRef)}
        for name in {name for name, texts in phrases if all(text in asked for text in texts)}:
            assert types == {name}, asked
            named[name] += 1
    assert len(named) == 3 and 20 < named.total() < len(turns)


def test_examples_are_the_same_for_the_same_seed(dataset: Dataset) -> None:
    stage = InstructionStage(
        recommend=9,
        recommend_short=3,
        search=5,
        lookup=5,
        verbalize=5,
        explain=2,
        understand=2,
        recommend_mixed=2,
        search_mixed=2,
        chat=4,
    )
    rows = np.arange(len(dataset.catalog))
    first, again, other = (
        list(InstructionExamples(dataset, rows, stage, seed).examples(BuiltInTeacher())) for seed in (0, 0, 1)
    )
    assert first == again != other


def test_grounding_covers_every_item_in_every_task(dataset: Dataset) -> None:
    rows = np.arange(10, 30)
    stage = GroundingStage(verbalize=1, ground=2, type=1)
    made = list(grounding_examples(dataset.catalog, rows, stage, seed=0))
    assert len(made) == 20 * 4
    grounded = [e.turns[0].answer[0].row for e in made if e.task == "ground"]
    assert sorted(grounded) == sorted([*rows, *rows])


def test_long_histories_are_cut_from_the_oldest_side_and_counted(tmp_path: Path) -> None:
    table = SidTable.from_codes({"show": range(9)}, {"show": np.arange(9).reshape(9, 1)}, {"show": 9})
    renderer = Renderer(Vocabulary.extend(byte_tokenizer(), 1, {"show": 9}), table)
    fits = Example("a", (Turn((Text("x"),), (ItemRef(0),)),))
    long = Example("b", (Turn((History(tuple(range(8)) * 3), Text("x")), (ItemRef(8),)),))
    hopeless = Example("c", (Turn((Text("x" * 50),), (ItemRef(0),)),))
    said: list[str] = []
    count = write_rows([fits, long, hopeless], renderer, tmp_path / "rows.parquet", 20, False, said.append)
    assert (count.kept, count.cut, count.dropped) == (2, 1, 1)
    assert "1 dropped as too long" in said[0]
    rows = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    assert [row["task"] for row in rows] == ["a", "b"]
    assert len(rows[1]["input_ids"]) == 20  # no shorter than it must be: 11 of 24 items
    vocabulary = renderer.vocabulary
    kept = [vocabulary.type_level_code(i) for i in rows[1]["input_ids"] if vocabulary.type_level_code(i)]
    assert kept[-2:] == [("show", 0, 7), ("show", 0, 8)]  # the latest of the history, and the whole answer
    assert shorten(fits.turns) is None


def test_what_is_said_of_items_goes_and_stays_with_them() -> None:
    life = History((1, 2, 3), ((0, Text("a")), (2, Text("b")), (3, Text("c"))), learned_from=2)
    assert life.without_oldest(1) == History((2, 3), ((1, Text("b")), (2, Text("c"))), learned_from=1)
    assert life.without_oldest(3) == History((), ((0, Text("c")),), learned_from=0)


@given(st.lists(st.integers(0, 30), max_size=6), st.integers(1, 9))
def test_language_rows_lose_nothing(lengths: list[int], length: int) -> None:
    """Every text stands whole, with its line break, somewhere in the rows; but one token alone is no row."""
    texts = [[place + 1] * size for place, size in enumerate(lengths)]
    rows = list(language_rows(texts, [0], length, seed=0))
    assert all(row["input_ids"] == row["labels"] for row in rows)
    assert all(len(row["input_ids"]) == length for row in rows[:-1])
    flat = [token for row in rows for token in row["input_ids"]]
    flat += [0] if (len(flat) + 1) == sum(size + 1 for size in lengths if size) else []
    said = [list(text) for is_break, text in groupby(flat, key=lambda token: token == 0) if not is_break]
    assert sorted(said) == [text for text in texts if text] and flat.count(0) == len(said)


def test_a_lookup_says_words_of_its_item_and_nothing_else(dataset: Dataset) -> None:
    rng, catalog = np.random.default_rng(0), dataset.catalog
    asked = {}
    for row in rng.integers(0, len(catalog), 400).tolist():
        item = catalog.item(row)
        own = " ".join([item.title, item.creator or "", item.description or "", *item.topics])
        words = item_words(catalog, row, rng)
        asked[words] = row
        assert set(re.findall(r"\w+", words.lower())) <= set(re.findall(r"\w+", own.lower()))
        assert words.strip() == words != ""
    lower = [words for words in asked if words == words.lower()]
    assert not any(set(words) & set(".,:?!") for words in lower)
    assert 0.4 < len(lower) / len(asked) < 0.8
    titles = {words: catalog.item(row).title for words, row in asked.items()}
    assert any(words != title and words in title for words, title in titles.items())
    assert any(words == catalog.item(row).creator for words, row in asked.items())


@pytest.mark.parametrize(
    ("title", "typed"),
    [
        ("Why, the Sea?", "why the sea"),
        ("Don\N{RIGHT SINGLE QUOTATION MARK}t Go", "don't go"),
        ("हिन्दी: कहानी", "हिन्दी कहानी"),
    ],
)
def test_small_letters_keep_the_words_of_every_script(title: str, typed: str) -> None:
    catalog = Catalog.from_table(pa.table({"id": ["a"], "type": ["show"], "title": [title]}))
    rng = np.random.default_rng(0)
    assert typed in {item_words(catalog, 0, rng) for _ in range(40)}


def test_a_title_of_signs_alone_is_still_typed() -> None:
    catalog = Catalog.from_table(pa.table({"id": ["a"], "type": ["show"], "title": ["!!!"]}))
    rng = np.random.default_rng(0)
    assert {item_words(catalog, 0, rng) for _ in range(20)} == {"!!!"}
