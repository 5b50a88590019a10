"""What is said of an answer, or of nothing yet: complaints, greetings, what there is; and short, long, years."""

from __future__ import annotations

import pytest

from neo.language.denials import plain_denials
from neo.language.reading import Reader
from neo.language.reading_count import read_count
from neo.language.reading_hello import of_nothing_yet
from neo.language.wordings.instructions import TASKS


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("That's not history.", {"History"}),
        ("thats not history", {"History"}),
        ("None of these are about History.", {"History"}),
        ("This isn't about jazz at all.", {"jazz and blues"}),
        ("That's about jazz. I meant about grief.", {"grief and change"}),
        ("Something that is about jazz", {"jazz and blues"}),
        ("Something that is not about jazz", {"not jazz and blues"}),
        ("It should be about jazz.", {"jazz and blues"}),
        ("Nothing about jazz.", {"not jazz and blues"}),
        ("It must not be about jazz.", {"not jazz and blues"}),
        ("Something from 2024", {"since 2024", "before 2025"}),
        ("about money from 2024", {"Money", "since 2024", "before 2025"}),
        ("My father was from 1950 to 1970 a baker", set()),
        ("Something about the climate", {"climate"}),
        ("jazz?? no, grief", {"grief and change"}),
        ("horror audiobook, language german", {"ghosts and horror", "German"}),
        ("A show about the oceans, German", {"oceans", "German"}),
        ("What's new in science?", {"Science"}),
    ],
)
def test_complaints_and_years(reader: Reader, text: str, wishes: set[str]) -> None:
    assert {str(wish) for wish in reader.read(text).wishes} == wishes


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("a short funny episode", "short"),
        ("Four short episodes on philosophy", "short"),
        ("something short please", "short"),
        ("smth long 2 listen", "long"),
        ("a few long shows", "long"),
        ("an audiobook about science, not too long", "short"),
        ("not so much long, please", "short"),
        ("Something new for a long drive?", None),
        ("short stories", None),
        ("a short story show", None),
        ("not so long ago I heard a show", None),
        ("as long as it is a show", None),
        ("no long shows", None),
        ("a short show and a long show", None),
        ("a short show, under 20 minutes", "under 20 minutes"),
    ],
)
def test_short_and_long(reader: Reader, text: str, length: str | None) -> None:
    assert [wish.value for wish in reader.read(text).wishes if wish.aspect == "length"] == ([length] if length else [])


@pytest.mark.parametrize(
    "text", ["my youngest is 6", "I am 34", "smth 2 listen to", "2 me it was boring", "my mum is turning 12, and bored"]
)
def test_ages_and_words_in_digits_count_nothing(text: str) -> None:
    assert read_count(plain_denials(text), lambda _, numbers: [1.0 for _ in numbers]) == (None, ())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hi there! How are you?", "hello"),
        ("good morning", "hello"),
        ("What topics do you have?", "what there is"),
        ("which languages do you have", "what there is"),
        ("How does this work? What can you do?", "what there is"),
        ("no i mean what kinds of subjects can you recommend from?", "what there is"),
        ("ok then what can you do", "what there is"),
        ("Who are you?", "what there is"),
        ("hey, two shows please", ""),
        ("What can you recommend?", ""),
        ("what else have you got?", ""),
        ("What do I like?", ""),
        ("What do you have about jazz?", ""),
        ("", ""),
    ],
)
def test_greetings_and_what_there_is(reader: Reader, text: str, kind: str) -> None:
    assert of_nothing_yet(text) == kind
    assert (reader.read(text, aimed=text).aim == "small talk") >= bool(kind)


def test_no_request_of_training_is_one_of_these() -> None:
    asking = {task: wordings for task, wordings in TASKS.items() if task not in ("thanks", "beyond")}
    assert {wording for wordings in asking.values() for wording in wordings if of_nothing_yet(wording)} <= {
        "Hi there.",
        "Good evening!",
    }
