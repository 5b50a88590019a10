"""Parts of what was named are asked for; complaints about an answer wish for nothing; languages by their own names."""

from __future__ import annotations

import pytest

from neo.language.reading import Reader
from neo.language.reading_parent import read_part
from neo.language.telling import without_complaints


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("More _noun_ of _item_", "any"),
        ("anything else from the same _noun_?", "any"),
        ("What would be a good first _noun_ of it?", "first"),
        ("Which _noun_ should I start with?", "first"),
        ("where should I start?", "first"),
        ("the newest _noun_ of _item_, please", "any"),
        ("their newest _noun_", "any"),
        ("Give me an older one from the same _noun_", "any"),
        ("more from the _noun_ _item_", "any"),
        ("which _noun_ is the shortest", "any"),
        ("More like _item_", ""),
        ("A _noun_ on the first world war", ""),
        ("Nothing from the same _noun_", ""),
        ("the same _noun_ makers", ""),
        ("What is _item_ about?", ""),
        ("something of the kind", ""),
        ("Something else instead of _item_, please.", ""),
        ("Another _noun_ instead of that one.", ""),
        ("Which _noun_ should I try next?", ""),
        ("A _noun_ in the style of _item_", ""),
        ("Another _noun_ by the makers of _item_.", ""),
        ("A _noun_ about jazz, not one of this _noun_", ""),
        ("Where should I start with chess?", ""),
    ],
)
def test_parts_of_what_was_named(text: str, part: str) -> None:
    assert read_part(text) == part


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("That's a health show! I want ancient Rome.", "I want ancient Rome."),
        ("thats spanish. english pls", "english pls"),
        ("You keep giving me Health. History, please.", "History, please."),
        ("Chemistry? We asked for parenting.", "We asked for parenting."),
    ],
)
def test_complaints_before_what_is_wanted_say_nothing(text: str, left: str) -> None:
    kept = without_complaints(text)
    assert len(kept) == len(text) and kept.strip(" .") == left.strip(" .")


@pytest.mark.parametrize(
    "text",
    [
        "That's not history. Something else, please.",
        "It is lovely.",
        "This is for my mum. Jazz!",
        "is it in English?",
        "It's for my mum, she loves history. Two shows please.",
        "It's history I'm after. Please make it short.",
        "They are 6 and 9 and love science. Something calm, please.",
        "This is about family. I need something warm.",
        "This is for a long drive, over 60 minutes. Please, no crime.",
        "that's fine, episodes under 20 minutes. Rather calm.",
    ],
)
def test_what_is_no_complaint_stays(text: str) -> None:
    assert without_complaints(text) == text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hola, tienes podcasts en español?", "Spanish"),
        ("En français s'il vous plaît", "French"),
        ("a book by David Deutsch", None),
        ("a show about dansk design", None),
        ("etwas auf Deutsch", "German"),
    ],
)
def test_languages_by_their_own_names(reader: Reader, text: str, language: str | None) -> None:
    said = [str(wish) for wish in reader.read(text, aimed=text).wishes if wish.aspect == "language"]
    assert said == ([] if language is None else [language])
