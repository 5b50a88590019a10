"""Requests of several parts, and what of one request holds when the next one comes."""

from __future__ import annotations

from itertools import pairwise

import pytest

from neo.catalog.item_types import BUILT_IN
from neo.language.reading_parts import read_parts
from neo.language.reading_types import TypeReader
from neo.language.said import Said, Wished, begins_anew, holding, how_it_goes_on
from neo.language.wishes import Wish

JAZZ, CHESS, CALM = Wish("topic", "jazz"), Wish("topic", "chess"), Wish("tone", "calm")
NO_JAZZ, ENGLISH = Wish("topic", "jazz", avoid=True), Wish("language", "en")
S, E, B = "show", "episode", "audiobook"


@pytest.mark.parametrize(
    ("text", "numbers", "parts"),
    [
        ("One audiobook and two episodes.", (1, 2), [(B, 1), (E, 2)]),
        ("One audiobook and two episodes.", (2,), [(B, 1), (E, 2)]),  # of one the classifier may doubt
        ("A podcast and an audiobook about money", (), [(S, 1), (B, 1)]),
        ("two episodes under half an hour and a book", (2,), [(E, 2), (B, 1)]),
        ("2 shows, 3 episodes and 1 book please", (2, 3, 1), [(S, 2), (E, 3), (B, 1)]),
        ("Two shows about jazz and one about chess.", (2, 1), [(S, 2), (S, 1)]),
        ("A show on jazz, plus another on chess", (), [(S, 1), (S, 1)]),
        ("a short, calm episode and a really long audiobook", (), [(E, 1), (B, 1)]),
        ("a podcast or a book", (), []),
        ("two shows or one book", (2, 1), []),
        ("shows and books", (), []),
        ("two shows and books", (2,), []),
        ("Two shows. A book would be fine too.", (2,), []),
        ("four shows, one about jazz and three about chess", (4, 1, 3), []),
        ("four shows, one for me and three for my wife", (4, 1, 3), []),
        ("two shows, and one line on each", (2,), []),
        ("two shows and seven episodes", (2,), []),  # seven is not asked for
        ("twelve shows and ten books", (12, 10), []),  # more than words can ask for at once
        ("two shows", (2,), []),
        ("pls 2 shows 1 audiobook", (2, 1), [(S, 2), (B, 1)]),
        ("two shows about books one of them new", (2, 1), []),
        ("a show with a book club and two hosts", (), []),
    ],
)
def test_parts_of_a_request(text: str, numbers: tuple[int, ...], parts: list[tuple[str, int]]) -> None:
    found = read_parts(text, TypeReader.of(BUILT_IN).read(text).nouns, numbers)
    assert [(part.type, part.count) for part in found] == parts
    assert all(one.end == other.start for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("A show and two books about jazz.", [True, False]),
        ("One show about cooking, two books about jazz and a short episode", [False, False, True]),
        ("A show, a book and also an episode, please", [True, True, True]),
    ],
)
def test_parts_that_say_nothing_more(text: str, bare: list[bool]) -> None:
    found = read_parts(text, TypeReader.of(BUILT_IN).read(text).nouns, [2] if "two" in text else [])
    assert [part.bare for part in found] == bare


def test_many_nouns_and_numbers_are_no_work() -> None:
    text = "a a a a a show and one about two about " * 50
    assert read_parts(text, TypeReader.of(BUILT_IN).read(text).nouns, ()) == ()


@pytest.mark.parametrize(
    ("text", "label", "goes_on"),
    [
        ("something else", "others", "again"),
        ("rather an audiobook", "another type", "another type"),
        ("more like the first", "more like it", ""),
        ("And about chess?", "", "turned"),
        ("in English then", "neither", "turned"),
        ("only two", "", "turned"),
        ("a short one", "neither", "again"),
        ("older ones, please", "", "again"),
        ("anything newer?", "", "again"),
        ("two more", "", "again"),
        ("which ones?", "", "refined"),
        ("a short one", "small talk", "refined"),
        ("under half an hour please", "neither", "refined"),
        ("What should I listen to on my way to work tomorrow?", "neither", ""),
        ("Something more serious, and I would like to read it tomorrow", "", "turned"),
        ("Not so long ago I have heard of it from a friend of mine", "", ""),
    ],
)
def test_how_a_request_goes_on(text: str, label: str, goes_on: str) -> None:
    assert how_it_goes_on(text, label, ()) == goes_on


@pytest.mark.parametrize(
    ("text", "goes_on"),
    [
        ("rather an audiobook", "turned"),
        ("more like the first", "turned"),
        ("older ones, please", "turned"),
        ("anything newer?", "turned"),
        ("two more", "turned"),
        ("something else", ""),
        ("And about chess?", ""),
        ("in English then", ""),
        ("only two", ""),
        ("a short one", ""),
        ("which ones?", ""),
        ("under half an hour please", ""),
        ("What should I listen to on my way to work tomorrow?", ""),
    ],
)
def test_with_a_type_it_goes_on_where_it_changes_something(text: str, goes_on: str) -> None:
    assert how_it_goes_on(text, "", ("show",)) == goes_on


FIRST = Said(wishes=(JAZZ,), types=(S,), count=2, mode="unfamiliar")


@pytest.mark.parametrize(
    ("then", "holds"),
    [
        (Said(goes_on="again", aim="others"), (S, 2, (JAZZ,))),
        (Said(goes_on="again", aim="others", wishes=(CALM,)), (S, 2, (CALM, JAZZ))),
        (Said(goes_on="again", aim="others", wishes=(CHESS,)), (S, 2, (CHESS,))),
        (Said(goes_on="again", aim="others", wishes=(NO_JAZZ,)), (S, 2, (NO_JAZZ,))),
        (Said(goes_on="another type", types=(B,)), (B, None, (JAZZ,))),
        (Said(goes_on="another type", types=(B,), count=1), (B, 1, (JAZZ,))),
        (Said(goes_on="turned", wishes=(CHESS,)), (S, 2, (CHESS,))),
        (Said(goes_on="turned", wishes=(ENGLISH,)), (S, 2, (ENGLISH, JAZZ))),
        (Said(goes_on="turned", count=3), (S, 3, (JAZZ,))),
        (Said(goes_on="turned", aim="items", form="items"), (S, 2, (JAZZ,))),
        (Said(goes_on="turned", types=(B,)), (B, None, (JAZZ,))),
        (Said(goes_on="turned", types=(B,), wishes=(CHESS,)), (B, None, (CHESS,))),
        (Said(goes_on="refined", mode="familiar"), (S, 2, (JAZZ,))),
        (Said(goes_on="refined", wishes=(CALM,)), (S, 2, (CALM, JAZZ))),
        (Said(goes_on="refined", wishes=(CHESS,)), ("", None, (CHESS,))),  # a request of its own
        (Said(goes_on="refined"), ("", None, ())),
        (Said(goes_on="turned"), ("", None, ())),
        (Said(wishes=(CALM,)), ("", None, (CALM,))),
        (Said(types=(B,), goes_on=""), (B, None, ())),
    ],
)
def test_what_holds_of_the_request_before(then: Said, holds: tuple[str, int | None, tuple[Wish, ...]]) -> None:
    now = holding([FIRST, then])
    assert (now.types[0] if now.types else "", now.count, now.wishes) == holds
    assert now.mode == (then.mode if then.mode != "any" else "unfamiliar" if JAZZ in now.wishes else now.mode)
    assert (now.aim, now.goes_on) == (then.aim, then.goes_on)


def test_questions_in_between_change_nothing() -> None:
    why = Said(aim="about it", types=(E,), count=4)
    assert holding([FIRST, why]) == why
    assert holding([FIRST, why, Said(goes_on="again")]).types == (S,)


def test_what_is_to_be_avoided_holds_to_the_end() -> None:
    refusing = Said(wishes=(NO_JAZZ,))
    assert holding([refusing, Said(types=(B,))]).wishes == (NO_JAZZ,)
    assert holding([refusing, Said(aim="small talk"), Said(types=(B,), wishes=(JAZZ,))]).wishes == (JAZZ,)


def test_whoever_begins_anew_takes_everything_back() -> None:
    assert begins_anew("now forget all that, I want chess") and begins_anew("Anything goes.")
    assert not begins_anew("Something like that")
    refusing = Said(wishes=(NO_JAZZ, CALM), types=(S,))
    assert holding([refusing, Said(goes_on="again", anew=True)]) == Said(goes_on="again", anew=True)
    assert holding([refusing, Said(anew=True), Said(goes_on="again")]).wishes == ()


def test_parts_hold_until_a_number_is_said() -> None:
    parts = (Wished(B, 1, (JAZZ,)), Wished(E, 2, (), doubted=(CHESS,)))
    first = Said(types=(B, E), count=3, parts=parts)
    assert holding([first, Said(goes_on="again")]).parts == parts
    assert holding([first, Said(goes_on="again", wishes=(CALM,))]).parts == parts
    other = holding([first, Said(goes_on="turned", wishes=(Wish("topic", "money"),))])
    assert other.parts == (Wished(B, 1, ()), Wished(E, 2, ())) and other.count == 3
    assert holding([first, Said(goes_on="turned", count=2)]).parts == ()
    assert holding([first, Said(goes_on="another type", types=(S,))]).parts == ()
