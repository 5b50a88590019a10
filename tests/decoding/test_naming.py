"""Names as they were told: another name gives way where the told one is likely enough, and nothing else does."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.decoding.naming import ODDS, ODDS_OF_TOPIC, Names, Naming, Told
from neo.decoding.reading import Writing, allowed, chosen, settled
from neo.language.facts import sayable
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel

TOKENS = st.integers(0, 5)
NAMES = st.lists(st.lists(TOKENS, min_size=1, max_size=4), max_size=5)
BUSINESS, AND, INDUSTRY, MARKETING, SHOW, ON, THE, WARS, OTHER, PART, NATURE = range(11)


def ends_with(said: Sequence[int], size: int, name: Sequence[int]) -> bool:
    return 0 < size <= min(len(said), len(name)) and list(said[-size:]) == list(name[:size])


@given(NAMES, st.lists(TOKENS, max_size=8))
@settings(max_examples=400, deadline=None)
def test_what_goes_on_with_a_name_is_found_as_by_looking_at_all_of_them(
    names: list[list[int]], said: list[int]
) -> None:
    looked = Names(names)
    sizes = range(1, len(said) + 1)
    assert looked.next(said) == {n[s] for n in names for s in sizes if s < len(n) and ends_with(said, s, n)}
    assert set(looked.whole(said)) == {len(n) for n in names if ends_with(said, len(n), n)}
    assert looked.first == {name[0] for name in names}


def written(naming: Naming | None, probabilities: dict[int, float], parts: frozenset[int] = frozenset({PART})) -> int:
    """What is written by such probabilities."""
    logp = torch.full((11,), 1e-9)
    for token, probability in probabilities.items():
        logp[token] = probability
    token = int(logp.argmax())
    return token if naming is None else naming.settled(token, logp.log(), parts)


TOLD = Told(
    Names([[BUSINESS], [INDUSTRY], [THE, WARS], [NATURE]]),
    Names([[BUSINESS], [INDUSTRY]]),
    Names([[SHOW, ON]]),
    Names([[AND]]),
)
TOPICS = Names([[BUSINESS], [INDUSTRY], [MARKETING], [THE, WARS], [NATURE]])


def at(*said: int) -> Naming:
    return Naming(TOLD, TOPICS, said)


@pytest.mark.parametrize(
    ("said", "probabilities", "expected"),
    [
        ((OTHER,), {MARKETING: 0.6, INDUSTRY: 0.3}, MARKETING),  # no topics are told there
        ((SHOW, ON), {MARKETING: 0.9, INDUSTRY: ODDS_OF_TOPIC / 2}, MARKETING),  # it does not hesitate
        ((OTHER,), {PART: 0.6, INDUSTRY: 0.3}, PART),  # no name at all
        ((SHOW, ON), {MARKETING: 0.9, INDUSTRY: 2 * ODDS_OF_TOPIC}, INDUSTRY),
        ((SHOW, ON, BUSINESS, AND), {MARKETING: 0.9, INDUSTRY: 2 * ODDS_OF_TOPIC}, INDUSTRY),
        ((SHOW, ON, BUSINESS, AND), {BUSINESS: 0.9, INDUSTRY: 0.01}, INDUSTRY),  # told already
        ((SHOW, ON, BUSINESS, AND, INDUSTRY, AND), {BUSINESS: 0.9, OTHER: 0.01}, OTHER),  # all are
        ((SHOW, ON, BUSINESS, AND), {NATURE: 0.9, INDUSTRY: 0.01}, INDUSTRY),  # told, but of who asks
        ((OTHER, BUSINESS, AND), {NATURE: 0.9, INDUSTRY: 0.05}, NATURE),
        ((OTHER, BUSINESS, AND), {BUSINESS: 0.8, NATURE: 0.1}, NATURE),  # not twice in a row
        ((OTHER, BUSINESS, AND, NATURE, AND), {BUSINESS: 0.8, INDUSTRY: 0.1}, INDUSTRY),  # nor behind another
        ((THE,), {OTHER: 0.6, WARS: 0.2}, WARS),  # half said
        ((THE,), {OTHER: 0.9, WARS: ODDS / 2}, OTHER),  # not begun at all, it seems
        ((OTHER, BUSINESS), {PART: 0.7, ON: 0.2}, ON),  # a whole name stays what it is
        ((OTHER, BUSINESS), {PART: 0.98, ON: 0.001}, PART),
    ],
)
def test_what_was_told_is_written_where_a_model_hesitates(
    said: tuple[int, ...], probabilities: dict[int, float], expected: int
) -> None:
    assert written(at(*said), probabilities) == expected


@given(st.lists(st.integers(0, 10), max_size=6), st.lists(st.floats(-30, 0), min_size=11, max_size=11))
@settings(max_examples=400, deadline=None)
def test_what_is_written_instead_is_true_allowed_and_no_longer_doubted(said: list[int], logp: list[float]) -> None:
    weights = torch.tensor(logp)
    weights[[AND, WARS]] = -torch.inf  # may not be written
    naming, parts, best = at(*said), frozenset({PART}), int(weights.argmax())
    token = naming.settled(best, weights, parts)
    assert weights[token] > -torch.inf
    if token == best:
        return
    assert naming.doubts(best, parts) and (best == PART or not naming.doubts(token, parts))
    assert weights[token] >= weights[best] + math.log(min(ODDS, ODDS_OF_TOPIC)) - 1e-6


def test_both_engines_write_the_same(tiny_bundle: Bundle) -> None:
    vocab = tiny_bundle.vocabulary
    told, other = (vocab.encode(f" {name}") for name in ("rivers", "volcanoes"))
    assert told[0] != other[0]
    naming = Naming(Told(Names([told]), Names([told]), Names([[1]])), Names([told, other]), (1,))
    logp = torch.full((2, vocab.end + 2), -20.0)
    logp[:, other[0]], logp[:, told[0]] = math.log(0.7), math.log(0.2)
    may = torch.ones(logp.shape[1], dtype=torch.bool)
    rows = [Writing(0, frozenset(), 5, None, False, naming), Writing(1, frozenset(), 5, None, False)]
    assert chosen(logp, may, vocab, rows) == [told[0], other[0]]
    assert settled([other[0], other[0]], allowed(logp, may, rows), vocab, rows) == [told[0], other[0]]  # as vLLM does
    assert not naming.doubts(told[0], vocab.parts_of_words)


def test_an_answer_is_told_the_names_of_the_facts_before_it(tiny_bundle: Bundle) -> None:
    neo = NeoModel(tiny_bundle)
    row = 27
    request = neo.prepare_explain(neo.bundle.catalog.id(row), history=["s-1", "s-4"]).asked
    facts, encode = neo.wish_book.facts.item(row), neo.bundle.vocabulary.encode
    assert request.told_before is not None and request.others is not None
    for name in filter(sayable, (*facts.topics, facts.creator, facts.parent_title)):
        assert request.told_before.every.whole(encode(f"xx {name}")), name
    about = request.told_before.behind(encode(f"An {facts.words.singular} about"))
    assert about.names == request.told_before.topics.names
    assert all(request.told_before.topics.whole(encode(f"xx {topic}")) for topic in facts.topics)
    assert all(request.others.whole(encode(f"xx {topic}")) for topic in neo.wish_book.facts.topic_names)
    parts = neo.bundle.vocabulary.parts_of_words
    assert parts and encode(" rivers")[0] not in parts
