"""Lengths: every bound that is plainly wished for is read and kept to the second, and no other length is."""

from __future__ import annotations

import re
import time

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.catalog import Catalog
from neo.language.denials import plain_denials
from neo.language.durations import DURATION, minutes_of
from neo.language.facts import FactBook
from neo.language.lengths import FOREVER, Bound, length, seconds_of
from neo.language.reading import READ, Reader
from neo.language.reading_lengths import MOST, read_lengths
from neo.language.wishes import Wish, WishBook
from neo.language.wordings.wishes import LENGTHS


def read(text: str) -> list[str]:
    return read_lengths(text, plain_denials(text))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("under 45 minutes", ["under 45 minutes"]),
        ("Something calm, less than an hour.", ["under 60 minutes"]),
        ("shorter than 20 min please", ["under 20 minutes"]),
        ("Under half an hour, please!", ["under half an hour"]),  # as training says it
        ("under 30 minutes", ["under 30 minutes"]),
        ("below ninety minutes", ["under 90 minutes"]),
        ("no longer than 40 minutes", ["at most 40 minutes"]),
        ("no more than 40 mins, travel stories?", ["at most 40 minutes"]),
        ("not longer than a quarter hour", ["at most 15 minutes"]),
        ("Nothing over an hour, please.", ["at most 60 minutes"]),
        ("two novels, none longer than 9 hours", ["at most 540 minutes"]),
        ("It shouldn't be longer than eight hours.", ["at most 480 minutes"]),
        ("I don't want anything over an hour", ["at most 60 minutes"]),
        ("Don't give me anything under 10 minutes", ["at least 10 minutes"]),
        ("at most two hours", ["at most 120 minutes"]),
        ("up to 40 minutes", ["at most 40 minutes"]),
        ("max 30 mins", ["at most 30 minutes"]),
        ("maximum length: 30 minutes", ["at most 30 minutes"]),
        ("30 minutes max", ["at most 30 minutes"]),
        ("New York history, 30 mins max", ["at most 30 minutes"]),
        ("30 minutes or less", ["at most 30 minutes"]),
        ("half an hour tops", ["at most 30 minutes"]),
        ("Ten minutes, no longer.", ["at most 10 minutes"]),
        ("twenty-five minutes at the very most", ["at most 25 minutes"]),
        ("20-30 minutes max", ["at most 30 minutes"]),
        ("over 2 hours", ["over 120 minutes"]),
        ("more than an hour and a half", ["over 90 minutes"]),
        ("all longer than an hour", ["over 60 minutes"]),
        ("at least 90 minutes", ["at least 90 minutes"]),
        ("an hour or longer", ["at least 60 minutes"]),
        ("40 hours and up", ["at least 2400 minutes"]),
        ("nothing shorter than an hour", ["at least 60 minutes"]),
        ("no less than 40 minutes", ["at least 40 minutes"]),
        ("between 20 and 40 minutes", ["at least 20 minutes", "at most 40 minutes"]),
        ("between one and three hours", ["at least 60 minutes", "at most 180 minutes"]),
        ("between half an hour and an hour", ["at least 30 minutes", "at most 60 minutes"]),
        ("longer than 40 minutes but shorter than 2 hours", ["over 40 minutes", "under 120 minutes"]),
        ("under 1h", ["under 60 minutes"]),
        ("under 1h30", ["under 90 minutes"]),
        ("under 1 h 15 min", ["under 75 minutes"]),
        ("under 2.5 hours", ["under 150 minutes"]),
        ("under two and a half hours", ["under 150 minutes"]),
        ("under an hour and 20 minutes", ["under 80 minutes"]),
        ("under a couple of hours", ["under 120 minutes"]),
        ("less than three quarters of an hour", ["under 45 minutes"]),
        ("sub-20-minute episodes", ["under 20 minutes"]),
        ("an under-20-minute podcast", ["under 20 minutes"]),
        ("I've only got 20 minutes", ["under 20 minutes"]),
        ("I have 20 minutes before my train, what fits?", ["under 20 minutes"]),
        ("We've got two hours in the car.", ["under 120 minutes"]),
        ("only got 20 minutes, something funny", ["under 20 minutes"]),
        ("I have under half an hour", ["under half an hour"]),
        ("something I can finish in under an hour", ["under an hour"]),
        ("I said under twenty minutes!", ["under twenty minutes"]),
        ("Is there anything under 20 minutes?", ["under 20 minutes"]),
        ("Which shows are under an hour?", ["under an hour"]),
        ("Something calm, which is under an hour", ["under an hour"]),
        ("as long as it's under an hour", ["under an hour"]),
        ("Nothing but episodes under an hour", ["under an hour"]),
        ("A podcast for the bus, at most 40 minutes", ["at most 40 minutes"]),
        ("Learn French in less than 20 minutes", ["under 20 minutes"]),
    ],
)
def test_a_length_that_is_plainly_bounded_is_read(text: str, values: list[str]) -> None:
    assert read(text) == values
    assert read(text.upper().replace("1H", "1h")) == values  # whatever the case


@pytest.mark.parametrize(
    "text",
    [
        "45 minutes or so",
        "about 45 minutes",
        "a 20 minute podcast",
        "20 to 40 minutes",
        "Twenty minutes, calm, no ads.",
        "half an hour or more like an hour",
        "just over an hour",
        # another's
        "for my 20 minute commute",
        "a flight of nine hours",
        "a show for a drive of over two hours",
        "My commute is under an hour",
        "I have a 20 minute walk",
        "I've got an 11 hour flight",
        "I have two hours of driving ahead",
        "I've got 45 minutes on the tram each morning",
        "I only have 3 hours of battery",
        "I have over an hour to fill",
        "I don't have 20 minutes",
        "Do you have 20 minutes?",
        "Got a minute?",
        "Stuck at the airport for at least three hours",
        "over an hour ago",
        "over 20 minutes late",
        "It takes me less than an hour to get there.",
        "no more than 2 hours a day",
        "between 7 and 8 hours of sleep",
        "a podcast about running a marathon in under three hours",
        "The meeting starts in under 20 minutes, something calm",
        "I leave in under an hour",
        "I want less than an hour of ads",
        "keep it under three hours altogether",
        # told, denied or asked
        "I once listened to 3 hours of jazz",
        "I've been waiting for more than an hour",
        "I like podcasts under 30 minutes",
        "not under an hour",
        "anything but over an hour",
        "over an hour? No thanks.",
        "Podcasts over an hour bore me",
        "Anything over an hour is too long",
        "Over an hour is fine",
        "If it's over ten hours, leave it.",
        "The last one was over two hours, too much.",
        "That was over an hour!",
        "Why are podcasts always over an hour?",
        "Can I finish it in under two hours?",
        "The traffic adds over 20 minutes",
        "Is it under an hour?",
        "Is the second one longer than an hour?",
        "Is  over an hour?",  # an item stood there
        "Does it last longer than an hour?",
        "Which one is under an hour?",
        "Which is under an hour, the first or the last?",
        "How many of them are over an hour?",
        "I'm torn between 20 minutes and 40 minutes",
        # no length, or one whose end is not known
        "more than one hour-long episode",
        "at least two hour-long episodes",
        "at least two half-hour shows",
        "30 minutes, at most three shows",
        "no more than two episodes",
        "something shorter than 20",
        "under 11s",
        "under an hour and twenty",
        "under a hundred and twenty minutes",
        "a hundred and twenty minutes max",
        "half an hour shorter, please",
        "0 minutes max",
        "between 40 and 20 minutes",
        "under 1.33 hours",
        "under 20 m\u0131nutes",
        "",
    ],
)
def test_no_other_length_is_read(text: str) -> None:
    assert read(text) == []


def test_a_request_with_a_length_has_its_number_too(reader: Reader) -> None:
    said = reader.read("At least three episodes under 20 minutes, please.")
    assert (said.wishes, said.types, said.count) == ((Wish("length", "under 20 minutes"),), ("episode",), 3)


WORDS = (
    "under",
    "over",
    "between",
    "and",
    "a",
    "an",
    "half",
    "hours",
    "1",
    "20",
    "ten",
    "min",
    ",",
    "max",
    "or",
    "less",
)
BOUNDS: dict[str, tuple[Bound, str]] = {
    "under {} minutes": ("under", "<"),
    "{} min or less": ("at most", "<="),
    "more than {} minutes": ("over", ">"),
    "{} minutes at least": ("at least", ">="),
}


@pytest.mark.parametrize("wording", BOUNDS)
def test_every_minute_is_kept_to_the_second(wording: str) -> None:
    seconds = [second for n in range(1, 301) for second in (60 * n - 1, 60 * n, 60 * n + 1)]
    rows = {"id": [str(n) for n in seconds], "type": ["episode"] * len(seconds), "title": ["A"] * len(seconds)}
    catalog = Catalog.from_table(pa.table({**rows, "duration": pa.array(seconds, pa.int32())}))
    book = WishBook(catalog, FactBook(catalog))
    bound, how = BOUNDS[wording]
    for minutes in range(1, 301):
        text = wording.format(minutes)
        (value,) = read(text)
        assert value == length(bound, minutes)
        low, high = seconds_of(value)
        holds = {"<": (0, 60 * minutes - 1), "<=": (0, 60 * minutes), ">": (60 * minutes + 1, FOREVER)}
        first, last = holds.get(how, (60 * minutes, FOREVER))
        assert all((low <= second < high) == (first <= second <= last) for second in seconds)
        granted = book.mask(Wish("length", value)).tolist()
        assert granted == [first <= second <= last for second in seconds]


def test_what_has_no_length_grants_none() -> None:
    rows = {"id": ["a", "b", "c"], "type": ["show"] * 3, "title": ["A"] * 3, "duration": [None, 0, 60]}
    catalog = Catalog.from_table(pa.table(rows, schema=None))
    book = WishBook(catalog, FactBook(catalog))
    for value in ("under 2 minutes", "at most 1 minute", "at least 1 minute"):
        assert book.mask(Wish("length", value)).tolist() == [False, False, True]


def test_the_phrases_of_training_are_lengths_as_they_are() -> None:
    for value, bounds in LENGTHS.items():
        assert read(f"Something {value}.") == [value] and seconds_of(value) == bounds


@pytest.mark.parametrize("value", ["", "under", "45 minutes", "under 45", "under 45 minutes or so", "until 5 minutes"])
def test_no_other_value_is_a_length(value: str) -> None:
    with pytest.raises(ValueError, match="expected one such as"):
        seconds_of(value)


@given(st.from_regex(re.compile(DURATION, re.I | re.A), fullmatch=True))
@settings(max_examples=500, deadline=None)
def test_whatever_is_a_duration_has_its_minutes(words: str) -> None:
    assert minutes_of(words) >= 0
    for value in read(f"under {words}"):
        seconds_of(value)


@given(st.lists(st.sampled_from(WORDS)))
@settings(max_examples=300, deadline=None)
def test_any_words_can_be_read(words: list[str]) -> None:
    for value in read(" ".join(words)):
        seconds_of(value)


@pytest.mark.parametrize(
    "text",
    [
        "under under 1 1 1 ",
        "under 1 h ",
        "1 hour and a half ",
        "between 1 and ",
        "don't want anything ",
        "i have 20 minutes ",
        "1",
        "1 ",
        "max ",
        " ",
        "twenty-one ",
        "n't be any more than ",
    ],
)
def test_a_hostile_text_is_read_in_no_time(text: str) -> None:
    long = (text * READ)[:READ]
    for hostile in (long, "under 20 minutes " * (MOST - 1) + long, f"1 hour{long}"):
        hostile = hostile[:READ]
        taken = []
        for _ in range(5):
            start = time.perf_counter()
            read(hostile)
            taken.append(time.perf_counter() - start)
        assert min(taken) < 0.02
