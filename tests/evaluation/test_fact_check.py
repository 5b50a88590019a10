"""The fact checker: on texts that are true, on the same ones made false, and claim by claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from fact_texts import (
    corrupted,
    fact_world,
    in_other_words,
    in_yet_other_words,
    portraits_in_other_words,
    portraits_in_yet_other_words,
    written,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.evaluation.fact_check import Checked, check_explanation, check_portrait
from neo.evaluation.names import Names
from neo.evaluation.quantities import lengths
from neo.evaluation.text_report import checks, coverage, foreign
from neo.language.facts import NOBODY, Count, ItemFacts, ListenerFacts, Parent
from neo.language.wordings.fill import TypeWords

CASES = 80


def texts(source: str) -> Iterator[tuple[str, ItemFacts | None, ListenerFacts]]:
    """True texts, each with the item it is on (None: a portrait) and the listener."""
    rng = np.random.default_rng(1)
    for _ in range(CASES):
        item, listener = fact_world().case(rng)
        if source == "teacher":
            explanation, portrait = written(item, listener, rng)
            explanations, portraits = [explanation], [portrait]
        elif source == "other words":
            explanations, portraits = [*in_other_words(item, listener)], [*portraits_in_other_words(listener)]
        else:
            explanations, portraits = [*in_yet_other_words(item, listener)], [*portraits_in_yet_other_words(listener)]
        yield from ((text, item, listener) for text in explanations)
        yield from ((text, None, listener) for text in portraits)


def checked(text: str, item: ItemFacts | None, listener: ListenerFacts) -> Checked:
    names = fact_world().names
    return check_explanation(text, item, listener, names) if item else check_portrait(text, listener, names)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_nothing_that_the_built_in_teacher_writes_is_contradicted(seed):
    rng = np.random.default_rng(seed)
    item, listener = fact_world().case(rng)
    explanation, portrait = written(item, listener, rng)
    for found in (checked(explanation, item, listener), checked(portrait, None, listener)):
        assert found.claims and not found.count("contradicted"), found
    assert checked(portrait, None, listener).coverage in (1.0, None)


# Measured on 200 cases: no false alarm in 7,308 texts, and all but 5 of 7,773 swapped names caught (topics that stand
# as a word in the item's title, where the checker lets them pass). All of these wordings are known to the checker.
@pytest.mark.parametrize("source", ["teacher", "other words", "yet other words"])
def test_false_alarms_are_rare_and_swapped_names_are_caught(source):
    rng, alarms, count = np.random.default_rng(2), 0, 0
    made, caught = Counter[str](), Counter[str]()
    for text, item, listener in texts(source):
        count += 1
        alarms += checked(text, item, listener).count("contradicted") > 0
        for what, changed in corrupted(text, item, listener, fact_world(), rng):
            made[what] += 1
            caught[what] += checked(changed, item, listener).count("contradicted") > 0
    assert count >= 150 and alarms <= 0.005 * count
    assert {"topic", "creator", "title", "tone"} <= made.keys() and made.total() >= 200
    assert all(caught[what] >= 0.98 * made[what] for what in made), (made, caught)


SHOW, EPISODE = TypeWords("show", "shows"), TypeWords("episode", "episodes")
ITEM = ItemFacts(
    row=3, title="Salt and Smoke", type="episode", words=EPISODE, creator="Ada Moss", topics=("cooking", "old maps"),
    tone="calm", length="under an hour", parent_row=1, parent_title="The Tide Report", seconds=2700,
    released=date(2021, 3, 4),
)  # fmt: skip
LISTENER = ListenerFacts(
    events=9,
    topics=(Count("cooking", 5), Count("jazz", 3), Count("old maps", 2), Count("birds", 1)),
    creators=(Count("Ada Moss", 3), Count("Ben Roe", 1)),
    parents=(Parent(1, "The Tide Report", 4), Parent(2, "Night Bus", 1)),
    types=(Count("episodes", 7), Count("shows", 2)),
    tones=(Count("calm", 5), Count("funny", 2)),
    onboarding=("jazz", "chess"),
    turn="birds",
)
NAMES = Names(
    topics=["cooking", "old maps", "jazz", "birds", "chess", "physics", "Mind"],
    creators=["Ada Moss", "Ben Roe", "Cy Lund and Di Orr"],
    titles=["Salt and Smoke", "The Tide Report", "Night Bus", "Birds", "Owl Hour", "Once"],
    tones=["calm", "funny", "dark"],
    types=[("show", "show", "shows"), ("show", "podcast", "podcasts"), ("episode", "episode", "episodes")],
    parents=["The Tide Report", "Night Bus", "Owl Hour"],
)


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        ("A calm episode on cooking by Ada Moss.", "++++"),
        ("A dark episode on physics by Ben Roe.", "-+--"),
        ("This show is hosted by Cy Lund.", "--"),
        ("Part of The Tide Report, it runs 45 minutes.", "++"),
        ("It is part of Owl Hour and takes two hours.", "--"),
        ("It is under half an hour long.", "-"),
        ("It was released in March 2021.", "+"),
        ("It came out in 2019.", "-"),
        ("It is by Eve Nobody.", "-"),
        ('It is called "No Such Thing".', "-"),
        ("You have met cooking five times.", "+"),
        ("You have met cooking six times.", "-"),
        ("You met birds once.", "+"),
        ("You often choose Ada Moss.", "+"),
        ("You often choose Ben Roe.", "-"),
        ("You keep coming back to The Tide Report.", "+"),
        ("You keep coming back to Night Bus.", "-"),
        ("You know Owl Hour already.", "-"),
        ("You told us that you like chess.", "+"),
        ("You told us that you like cooking.", "-"),
        ("Lately you have turned to birds.", "+"),
        ("Lately you have turned to jazz.", "-"),
        ("Your main interests include jazz.", "+"),
        ("Your main interests include birds.", "-"),
        ("Your usual tone is calm.", "+"),
        ("Your usual tone is funny.", "-"),
        ("You mostly choose episodes.", "+"),
        ("You mostly choose shows.", "-"),
        ("You have never met jazz before.", "--"),  # it is in the history, and the item is not on it
        ("You have no history yet.", "-"),
        ("It comes from The Tide Report, which you often return to.", "++"),
        ("Nothing known ties it to your history.", "-"),
        ("Perfect for fans of Owl Hour.", "?"),
        ("If you are curious, keep it in mind.", "?"),
        ("Your history shows a clear interest in cooking.", "+"),
        ("So here it is at once.", ""),
        ("It is about knitting.", ""),
        ("", ""),
    ],
)
def test_claims_one_by_one(text, verdicts):
    marks = {"supported": "+", "contradicted": "-", "not checkable": "?"}
    found = check_explanation(text, ITEM, LISTENER, NAMES)
    assert "".join(marks[claim.verdict] for claim in found.claims) == verdicts, found.claims
    assert all(text[claim.start : claim.end].strip() for claim in found.claims)


def test_what_the_facts_leave_open_is_not_false():
    bare = replace(ITEM, creator=None, tone=None, seconds=None, released=None)
    text = "A calm episode by Ben Roe, half an hour long, released in 2019."
    found = check_explanation(text, bare, LISTENER, NAMES)
    assert {claim.aspect: claim.verdict for claim in found.claims if claim.verdict != "supported"} == {
        "tone": "not checkable",
        "creator": "not checkable",
        "length": "not checkable",
        "date": "not checkable",
    }


def test_portraits_cover_the_main_topics():
    found = check_portrait("You like cooking and jazz, physics too.", LISTENER, NAMES)
    assert found.main == ("cooking", "jazz", "old maps") and found.named == ("cooking", "jazz")
    assert found.coverage == pytest.approx(2 / 3) and foreign([found]) == pytest.approx(1 / 3)
    # Chess was chosen, if never met; what is wrong of jazz is how often it was met.
    wrong = check_portrait("You named chess. You met jazz 40 times. You often return to cooking.", LISTENER, NAMES)
    assert wrong.count("contradicted") == 1 and foreign([wrong]) == 0
    assert foreign([check_portrait("Jazz would be new to you.", LISTENER, NAMES)]) is None
    assert foreign([found, wrong]) == pytest.approx(1 / 6)
    assert check_portrait("There is no history yet.", NOBODY, NAMES).coverage is None
    assert check_portrait("You know no cooking at all.", LISTENER, NAMES).named == ()


def test_counts_over_texts():
    found = [
        check_explanation(text, ITEM, LISTENER, NAMES) for text in ("It is about cooking.", "It is by Ben Roe.", "")
    ]
    counts = checks(found)
    assert (counts.n, counts.item.supported, counts.item.contradicted, counts.item.true) == (3, 1, 1, 0.5)
    assert counts.spotless == pytest.approx(2 / 3) and counts.empty == pytest.approx(1 / 3)
    assert coverage([]) is None and foreign([]) is None and checks([]).item.true is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("twenty-five minutes", 1500),
        ("a thirty-five-minute talk", 2100),
        ("seventeen minutes", 1020),
        ("an hour and 10 minutes", 4200),
        ("one hour and twenty minutes", 4800),
        ("1 hour 30 minutes", 5400),
        ("two hours, 5 mins", 7500),
        ("an hour and a half", 5400),
        ("half an hour, 20 times", 1800),
    ],
)
def test_a_length_is_one_claim_of_its_whole(text, seconds):
    (span,) = lengths(text)
    assert (span.low + span.high) / 2 == pytest.approx(seconds)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_checked(text):
    for found in (check_explanation(text, ITEM, LISTENER, NAMES), check_portrait(text, LISTENER, NAMES)):
        assert all(0 <= claim.start < claim.end <= len(text) for claim in found.claims)


def test_names_are_found_whatever_stands_between_their_words():
    names = Names(
        topics=["Books & Ideas", "hip hop and soul"], titles=["Pass, Loud", "Once"], creators=["Ada Moss and Ben Roe"]
    )
    found = names.find("Books and Ideas, hip-hop and soul; Pass Loud by Ben Roe's friend, once.")
    assert [mention.readings for mention in found] == [
        (("topic", "Books & Ideas"),),
        (("topic", "hip hop and soul"),),
        (("title", "Pass, Loud"),),
        (("creator", "Ada Moss and Ben Roe"),),
    ]
