from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.grammar import Picker, Titles, fill, title_case
from neo.catalog.starter.latents import make_latents
from neo.catalog.starter.queries import describe_query, mistyped, title_query, title_words
from neo.catalog.starter.state import draw
from neo.catalog.starter.vocabulary import words
from neo.catalog.starter.voices import ROLES, TONE_WEIGHTS, TONES, tone_distribution


def test_every_subtopic_has_its_words() -> None:
    found = words()
    assert len(found.topics) >= 20 and len(found.subtopics) >= 120
    names = [subtopic.name for subtopic in found.subtopics]
    assert len(set(names)) == len(names)
    for subtopic in found.subtopics:
        assert len(subtopic.about) == 12 and len({subject.words for subject in subtopic.about}) == 12
        assert len(subtopic.says) >= 4 and len(subtopic.asked) >= 4 and len(set(subtopic.icons)) == 6
        spoken = [*subtopic.says, *subtopic.asked, *subtopic.icons, *(s.words for s in subtopic.about)]
        assert all(phrase and "  " not in phrase and "=" not in phrase for phrase in spoken), subtopic.name


def test_what_people_ask_for_overlaps_only_partly_with_what_descriptions_say() -> None:
    shared = []
    for subtopic in words().subtopics:
        said = set(" ".join([*subtopic.says, subtopic.name]).split())
        asked = set(" ".join(subtopic.asked).split())
        shared.append(len(said & asked) / len(asked))
    assert 0.05 < np.mean(shared) < 0.5


def test_every_topic_has_roles_and_tones() -> None:
    for topic in words().topics:
        assert ROLES[topic] and topic in TONE_WEIGHTS
        assert tone_distribution(topic).sum() == pytest.approx(1)


def test_affinity_is_symmetric_and_highest_to_itself() -> None:
    affinity = words().affinity()
    assert np.array_equal(affinity, affinity.T)
    assert np.all(np.diag(affinity) == 1) and np.all((affinity >= 0) & (affinity <= 1))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("a {x} story. it ends.", "An old story. It ends."),
        ("A {x} story? yes", "An old story? Yes"),
        (
            "with a useful {x} box, a one-off, a European hour",
            "With a useful old box, a one-off, a European hour",
        ),
    ],
)
def test_articles_and_capitals(template: str, text: str) -> None:
    assert fill(template, {"x": "old"}) == text


def test_title_case_leaves_small_words_small() -> None:
    assert title_case("the ethics of a good death") == "The Ethics of a Good Death"
    assert title_case("simone de Beauvoir: the end") == "Simone de Beauvoir: The End"


def test_titles_run_out_without_repeating() -> None:
    titles, picker = Titles(), Picker(0)
    got = [titles.new(picker, ("The {x}",), lambda: {"x": "key"}, " by Ann") for _ in range(4)]
    assert got == ["The Key", "The Key by Ann", "The Key by Ann 2", "The Key by Ann 3"]


@given(st.text(alphabet="abcdefg ", max_size=40), st.integers(0, 1000))
def test_a_slip_changes_one_word_at_most(text: str, seed: int) -> None:
    slipped = mistyped(Picker(seed), text, chance=1.0)
    before, after = text.split(" "), slipped.split(" ")
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) <= 1


@given(st.integers(0, 300))
def test_a_title_query_means_words_of_the_title(seed: int) -> None:
    title = "The Trouble with Honey Fraud: A History"
    query, meant = title_query(Picker(seed), title)
    assert query and set(meant) <= set(title_words(title))


@given(
    st.integers(0, 500),
    st.sampled_from(("show", "episode", "audiobook")),
    st.sampled_from(("", "short", "long")),
)
def test_a_described_wish_is_clean_text(seed: int, type_name: str, constraint: str) -> None:
    picker = Picker(seed)
    subtopic, tone = picker.one(words().subtopics), picker.one([None, *range(len(TONES))])
    query = describe_query(picker, subtopic, picker.one([None, 3]), tone, constraint, type_name)
    assert query == " ".join(query.lower().split()) and "{" not in query and len(query.split()) >= 2


@given(
    st.lists(
        st.lists(st.sampled_from([0.0, 0.5, 2.0]), min_size=4, max_size=4).filter(any),
        min_size=1,
        max_size=20,
    )
)
def test_a_draw_never_falls_on_a_weight_of_zero(weights: list[list[float]]) -> None:
    table = np.array(weights)
    chosen = draw(table, np.random.default_rng(0))
    assert np.all(table[np.arange(len(table)), chosen] > 0)


def test_draws_follow_their_weights() -> None:
    chosen = draw(np.tile([1.0, 0.0, 3.0], (4000, 1)), np.random.default_rng(1))
    assert np.mean(chosen == 2) == pytest.approx(0.75, abs=0.03)


def test_latents_keep_order_and_series() -> None:
    config = WorldConfig(shows=60, episodes=600, audiobooks=80, listeners=1)
    items = make_latents(config, words(), np.ones(len(words().subtopics)))
    day = items.day[items.episode_rows]
    for show in range(items.n_shows):
        own = day[items.first_episode[show] : items.first_episode[show + 1]]
        assert np.all(np.diff(own) >= 0) and items.day[show] == own[0]
    inside = np.mean(day >= 0)
    assert 0.1 < inside < 0.25
    book_day, later = items.day[items.book_rows], np.flatnonzero(items.previous >= 0)
    assert len(later) > 0
    assert np.array_equal(items.series[later], items.series[items.previous[later]])
    assert np.array_equal(items.volume[later], items.volume[items.previous[later]] + 1)
    assert np.all(book_day[items.previous[later]] <= book_day[later])
