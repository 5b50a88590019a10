"""Sentences that people would type, by somebody who had not seen the readers: nothing is read but what is meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neo.language.reading import Reader
from neo.language.wordings.modes import DISCOVERY


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("Which podcasts aren't boring?", "show"),
        ("What podcasts don't have ads?", "show"),
        ("Which episodes never get old?", "episode"),
        ("Help me forget work with a podcast.", "show"),
        ("I want to stop smoking with an audiobook.", "audiobook"),
        ("Give me a wine bar podcast.", "show"),
        ("When do they drop episodes?", ""),
        ("I don't know any good podcasts, help me out.", "show"),
        ("Not sure which book to try next.", "audiobook"),
        ("Wouldn't a book be better for a beach?", ""),
        ("I can't live without podcasts.", ""),
        ("Not a long podcast, a short one.", "show"),
        ("They don't make shows like that anymore.", ""),
        ("Show me something funny.", ""),
        ("What would you show a friend who loves history?", ""),
        ("I'd like to book a holiday. Something about Greece?", ""),
        ("You recommended a show about whales. What is it about?", ""),
        ("In the car I listen to podcasts.", ""),
        ("Mum writes books for a living.", ""),
        ("Is this a show or an episode?", ""),
        ("Why did you recommend a podcast?", ""),
        ("Something shorter than a book.", ""),
        ("No books, podcasts are what I want.", "show"),
        ("Podcasts are fine but no books.", "show"),
        ("World War Two podcasts please.", "show"),
        ("A top 10 audiobook please", "audiobook"),
        ("no podcasts with ads", ""),
        ("No books by men please", ""),
        ("I don't want a podcast about politics", ""),
        ("I can't stand shows that take forever", ""),
        ("no episodes longer than an hour", ""),
        ("I don't want a book or a podcast", "episode"),
        ("No shows, books or anything long", ""),
        ("I listen to two podcasts a week, what else would I like?", ""),
        ("A show with 10 episodes", "show"),
        ("Something with 10 episodes", ""),
        ("How many episodes does it have?", ""),
        ("Is the second one a book or an episode?", ""),
        ("What's the difference between a show and an episode?", ""),
        ("Show more", ""),
        ("Been listening to a lot of podcasts lately, want something different", ""),
        ("Anything about TV shows?", ""),
    ],
)
def test_no_other_type_is_read_than_is_meant(reader: Reader, text: str, type: str) -> None:
    said = reader.read(text)
    assert said.types in ((), (type,)) and said.count is None


def test_types_in_sentences_by_somebody_who_had_not_seen_the_reader(reader: Reader) -> None:
    """Half of them were then looked at, and what was read wrong of the rest. No type is read but what is meant."""
    said = json.loads((Path(__file__).parent / "types_said.json").read_text(encoding="utf-8"))
    read, every = list[bool](), {item_type.name for item_type in reader.catalog.types}
    for wanted, sentences in said.items():
        name = wanted.removeprefix("not ")
        meant = set() if wanted == "any" else every - {name} if wanted != name else {name}
        for sentence in sentences:
            types = set(reader.read(sentence).types)
            assert types in (meant, set()), sentence
            read.append(types == meant)
    assert sum(read) > 0.73 * len(read)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Recommend shows for me, items only.", "items"),
        ("Just the titles of a few podcasts, please", "items"),
        ("books for the beach, no explanations", "items"),
        ("Pick an episode for me and tell me why", "mixed"),
        ("Which audiobook, and what makes you think so?", "mixed"),
        ("Convince me of a podcast", "mixed"),
        ("I can't remember why they split up, is there an episode on it?", "any"),
        ("I need a list of podcasts about parenting", "items"),
        ("I'm tired, that's why I'd like something calm", "any"),
        ("A book that will convince me to stop drinking", "mixed"),  # not meant so: of words a chat has some anyway
        ("Something relaxing, no talking", "any"),
        ("A history show without lectures", "any"),
        ("a thriller without long descriptions", "any"),
        ("", "any"),
        ("\u0000 \u202e {types} {0} %s <|sid|>", "any"),
    ],
)
def test_a_format_is_read_where_it_is_asked_for(reader: Reader, text: str, wanted: str) -> None:
    assert reader.read(text, aimed=text).aim == wanted


def test_formats_in_sentences_by_somebody_who_knew_no_reader(reader: Reader) -> None:
    """300, a third of which ask for none in the words of those that do; nothing was made of them."""
    said = json.loads((Path(__file__).parent / "formats_said.json").read_text(encoding="utf-8"))
    read = [
        (wanted, reader.read(sentence, aimed=sentence).aim)
        for part in said.values()
        for wanted, sentences in part.items()
        for sentence in sentences
    ]
    assert len(read) == 300 and sum(found not in (wanted, "any") for wanted, found in read) <= 8
    assert sum(found == wanted for wanted, found in read) >= 260


def test_modes_in_sentences_by_somebody_who_had_not_seen_the_reader(reader: Reader) -> None:
    """Half of them were looked at when the rules were made, and what these read wrong of the rest. One in a hundred is
    read as its opposite at most, one of sixteen others as either; most are read at all."""
    said = json.loads((Path(__file__).parent / "modes_said.json").read_text(encoding="utf-8"))
    read = {wanted: [reader.read(sentence).mode for sentence in sentences] for wanted, sentences in said.items()}
    assert read["any"].count("any") > 0.9375 * len(read["any"])
    for mode in DISCOVERY:
        opposite = len(read[mode]) - read[mode].count(mode) - read[mode].count("any")
        assert opposite <= 0.0125 * len(read[mode]) and read[mode].count(mode) > 0.7 * len(read[mode])


def test_numbers_in_sentences_by_somebody_who_had_not_seen_the_reader(reader: Reader) -> None:
    """Of the natural ones none is read as another number, and one of each part that asks for none as some. The
    misleading ones were written against the rules that stood here before, and with these in sight; of some a number
    may be meant ("Up to 20 is fine")."""
    said = json.loads((Path(__file__).parent / "counts_said.json").read_text(encoding="utf-8"))
    for part, least in (("seen", 0.9), ("unseen", 0.78)):
        right, read_of_none = [], 0
        for wanted, sentences in said[part].items():
            read = [reader.read(sentence).count for sentence in sentences]
            meant = None if wanted == "none" else int(wanted)
            assert set(read) <= {meant, None} or meant is None
            read_of_none += 0 if meant is not None else sum(one is not None for one in read)
            right += [] if meant is None else [one == meant for one in read]
        assert sum(right) > least * len(right) and read_of_none <= 1
    misread = [sentence for sentence in said["misleading"] if reader.read(sentence).count]
    assert len(misread) <= 0.4 * len(said["misleading"])
