from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.catalog.item_types import AUDIOBOOK, BUILT_IN, EPISODE, SHOW, ItemType
from neo.language.reading_aim import OF_STAGE_2, READ, SMALL_TALK
from neo.language.reading_question import QUESTIONS
from neo.language.segments import ItemRef, Text
from neo.language.wordings.fill import fill, for_count, slots_of, type_words, with_article
from neo.language.wordings.held_out import HELD_OUT, HELD_OUT_MODES
from neo.language.wordings.instructions import TASKS
from neo.language.wordings.modes import MODES, WISHES
from neo_sdk.errors import InvalidRequestError

TYPE_SLOTS = {"type", "types", "a_type"}
# What each task's wordings hold: the slots that must be there, and whether exactly one type slot is.
SLOTS = {
    "recommend": (set(), True),
    "recommend_mixed": (set(), True),
    "search": ({"query"}, True),
    "search_any": ({"query"}, False),
    "search_mixed": ({"query"}, True),
    "search_mixed_any": ({"query"}, False),
    "explain": ({"item"}, False),
    "understand": (set(), False),
    "chat_mixed": (set(), False),
    "chat_typed": (set(), True),
    "chat_about": ({"query"}, False),
    "chat_about_typed": ({"query"}, True),
    "chat_counted": ({"count"}, True),
    "list_counted": ({"count"}, True),
    "why": ({"ref"}, False),
    "what": ({"ref"}, False),
    "more": ({"ref"}, False),
    "more_typed": ({"ref"}, True),
    "not_this": ({"ref"}, False),
    "not_these": (set(), False),
    "switch": (set(), True),
    "thanks": (set(), False),
    "beyond": (set(), False),
    "verbalize": ({"item"}, False),
    "ground": ({"query"}, True),
    "type": ({"item"}, False),
}
AT_LEAST = dict.fromkeys(("verbalize", "ground", "type", "thanks", "beyond"), 30)  # of the others, 60
TRAINED = [(task, wording) for task, wordings in TASKS.items() for wording in wordings]
EVERY = [*TRAINED, *((task, wording) for task, wordings in HELD_OUT.items() for wording in wordings)]


def test_every_task_has_enough_wordings_and_more_that_are_held_out():
    assert TASKS.keys() == HELD_OUT.keys() == SLOTS.keys()
    for task, wordings in TASKS.items():
        assert len(set(wordings)) >= AT_LEAST.get(task, 60), task
        assert len(HELD_OUT[task]) >= (12 if task in OF_STAGE_2 else 36), task


def only_read() -> dict[str, tuple[str, ...]]:
    """What only readers are made of, by file."""
    folder = files("neo.language.wordings") / "texts"
    read = {
        f"{name}/{file.name}": tuple(file.read_text(encoding="utf-8").splitlines())
        for name in ("read", "questions")
        for file in (folder / name).iterdir()
    }
    assert len(read) == len(READ) + len(SMALL_TALK) + len(MODES) + 1 + len(QUESTIONS) + 1
    return read


@pytest.mark.parametrize("wordings", [tuple(wording for _, wording in EVERY), *only_read().values()])
def test_no_wording_stands_twice(wordings: tuple[str, ...]) -> None:
    words = [re.sub(r"\W+", " ", wording.lower()).strip() for wording in wordings]
    assert len(set(words)) == len(words)


def test_held_out_wordings_are_not_training_wordings_with_another_slot():
    def bare(wording: str) -> str:
        return re.sub(r"\{\w+\}|<[^<>]+>", "{}", wording.lower())

    read = only_read()
    for known, unseen in ((TASKS, HELD_OUT), (WISHES, HELD_OUT_MODES), (read, {**HELD_OUT, **HELD_OUT_MODES})):
        trained = {bare(wording) for wordings in known.values() for wording in wordings}
        assert not trained & {bare(wording) for wordings in unseen.values() for wording in wordings}


def offenders(
    check: Callable[[str, str], bool], wordings: Sequence[tuple[str, str]] = TRAINED
) -> list[tuple[str, str]]:
    return [(task, wording) for task, wording in wordings if not check(task, wording)]


def test_every_wording_has_exactly_its_slots():
    def right(task: str, wording: str) -> bool:
        slots, (required, typed) = slots_of(wording), SLOTS[task]
        once = len(set(slots)) == len(slots)
        return once and set(slots) - TYPE_SLOTS == required and len(TYPE_SLOTS & set(slots)) == int(typed)

    assert offenders(right, EVERY) == []


def test_every_wording_is_short_and_clean():
    def right(task: str, wording: str) -> bool:
        return " ".join(wording.split()) == wording and 2 - (task == "thanks") <= len(wording.split()) <= 40

    assert offenders(right) == []


def test_an_article_before_a_type_is_the_one_of_its_slot():
    wrong = [
        wording for wordings in TASKS.values() for wording in wordings if re.search(r"\ban? \{type\}", wording, re.I)
    ]
    assert wrong == []  # "a episode"


def test_only_slots_name_an_item_type():
    names = {word for t in BUILT_IN for words in type_words(t) for noun in words for word in noun.split()}
    names.remove("show")  # "show me": a verb in all of them

    def right(task: str, wording: str) -> bool:
        return not names & set(re.findall(r"\w+", re.sub(r"\{\w+\}", "", wording.lower())))

    assert offenders(right) == []


def test_the_canonical_wordings():
    """What the SDK says: a change here changes what trained models are asked."""
    assert {task: wordings[0] for task, wordings in TASKS.items()} == {
        "recommend": "Recommend {types} for me, items only.",
        "recommend_mixed": "Recommend {a_type} and say why.",
        "search": 'Search {types} for "{query}", items only.',
        "search_any": 'Search for "{query}", items only.',
        "search_mixed": 'Search {types} for "{query}" and say why.',
        "search_mixed_any": 'Search for "{query}" and say why it fits.',
        "explain": "Explain why {item} suits me.",
        "understand": "Describe my taste in words.",
        "chat_mixed": "What should I try next? I am open to anything.",
        "chat_typed": "Hi! Could you recommend {a_type}?",
        "chat_about": "I am in the mood for {query}. Any ideas?",
        "chat_about_typed": "Do you know {a_type} about {query}?",
        "chat_counted": "Give me {count} {types}.",
        "list_counted": "List {count} {types}, no words.",
        "why": "Why {ref}?",
        "what": "Tell me about {ref}.",
        "more": "More like {ref}.",
        "more_typed": "More like {ref}, but as {a_type}.",
        "not_this": "Not {ref}. What else?",
        "not_these": "Something else, please.",
        "switch": "And {types}?",
        "thanks": "Thanks!",
        "beyond": "What is the weather like today?",
        "verbalize": "Describe {item}.",
        "ground": "Which {type} is this: {query}",
        "type": "What type is {item}?",
    }


@pytest.mark.parametrize(
    "task", ["recommend", "recommend_mixed", "search", "search_mixed", "chat_typed", "chat_about_typed"]
)
def test_for_count_keeps_the_wordings_of_the_number(task):
    one, several = for_count(TASKS[task], 1), for_count(TASKS[task], 3)
    assert len(one) >= 4 and len(several) >= 4 and set(one) | set(several) == set(TASKS[task])
    assert all("{types}" not in wording for wording in one) and all("{types}" in wording for wording in several)


def test_for_count_leaves_wordings_without_a_type():
    assert for_count(TASKS["chat_mixed"], 3) == TASKS["chat_mixed"] == for_count(TASKS["chat_mixed"], 1)


hostile = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["{item}", "{0}", "{{", "}", "{query!r:>9}", "<|sid|>", "%s", "${item}"]),
)


@given(st.sampled_from(EVERY), hostile, st.integers(0, 10**9))
def test_fill_puts_contents_in_and_never_reads_them(chosen, query, row):
    _, wording = chosen
    contents = {"query": query, "type": "episode", "types": "episodes", "a_type": "an episode"}
    contents |= {"count": "two", "ref": query}
    expected: list[Text | ItemRef] = [Text("")]
    for place, piece in enumerate(re.split(r"\{(\w+)\}", wording)):  # text, slot, text, slot, text
        if place % 2 and piece == "item":
            expected += [ItemRef(row), Text("")]
        else:
            expected[-1] = Text(expected[-1].text + (contents[piece] if place % 2 else piece))
    words = type_words(EPISODE)[0].slots()
    segments = fill(wording, item=ItemRef(row), query=query, ref=query, count="two", **words)
    assert segments == tuple(segment for segment in expected if segment != Text(""))


def test_a_query_that_spells_a_slot_stays_a_query():
    segments = fill('Search {types} for "{query}".', types="shows", query="{item} {types} <|sid|>", item=ItemRef(3))
    assert segments == (Text('Search shows for "{item} {types} <|sid|>".'),)


def test_fill_takes_text_segments_and_keeps_items_apart():
    assert fill("Why {item}, {query}?", item=ItemRef(7), query=Text("now")) == (
        Text("Why "),
        ItemRef(7),
        Text(", now?"),
    )


@pytest.mark.parametrize(
    ("wording", "slots"),
    [
        ("Find {query}.", {}),
        ("Find {query}.", {"query": "x", "color": "red"}),
        ("Find {color}.", {}),
        ("Find {query!r}.", {"query": "x"}),
        ("Find {query:>10}.", {"query": "x"}),
        ("Find {query.text}.", {"query": "x"}),
        ("Find {}.", {"query": "x"}),
        ("Find {query.", {"query": "x"}),
    ],
)
def test_fill_refuses_what_is_no_plain_template(wording, slots):
    with pytest.raises(InvalidRequestError):
        fill(wording, **slots)


def test_type_words_of_built_in_and_registered_types():
    assert type_words(SHOW)[0] == ("show", "shows") and ("podcast", "podcasts") in type_words(SHOW)
    assert type_words(EPISODE)[0] == ("episode", "episodes")
    assert type_words(AUDIOBOOK)[0] == ("audiobook", "audiobooks") and ("book", "books") in type_words(AUDIOBOOK)
    assert type_words(ItemType("short_story", "short_stories")) == (("short story", "short stories"),)
    assert type_words(ItemType("audiobook", "novels")) == (("audiobook", "novels"),)


def test_words_of_different_types_never_coincide():
    nouns = [{noun for words in type_words(t) for noun in words} for t in BUILT_IN]
    assert sum(map(len, nouns)) == len(set().union(*nouns))


def test_articles():
    assert [with_article(noun) for noun in ("episode", "show", "audiobook")] == [
        "an episode",
        "a show",
        "an audiobook",
    ]
