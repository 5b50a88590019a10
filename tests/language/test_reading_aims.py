"""Reading requests: what they are after, and whether it is to be new or known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from neo.language.reading import Reader
from neo.language.reading_aim import is_thanks
from neo.language.reading_modes import by_rules
from neo.language.reading_words import ITEM
from neo.language.said import Said
from neo.language.wordings.instructions import TASKS
from neo.language.wordings.modes import DISCOVERY, WISHES
from neo_sdk.types import Mode


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("Only new ones.", "unfamiliar"),
        ("Things I don't know yet, please.", "unfamiliar"),
        ("Give me things I've never come across.", "unfamiliar"),
        ("A show that is new to me", "unfamiliar"),
        ("Nothing I already know, please.", "unfamiliar"),
        ("Anything but what I know", "unfamiliar"),
        ("I'd rather stick to what I know.", "familiar"),
        ("Something I've listened to before.", "familiar"),
        ("Nothing but what I know", "familiar"),
        ("Keep to familiar ground today.", "familiar"),
        ("Not only what I know, please.", "any"),
        ("Not just things I know.", "any"),
        ("I don't mind things I already know.", "any"),
        ("Jazz is new to me. Three shows, please.", "any"),
        ("Shows that are new to me", "unfamiliar"),
        ("Stories of familiar places, please.", "any"),
        ("About a familiar voice.", "any"),
        ("A podcast about things I know", "any"),
        ("Nothing unfamiliar, please", "familiar"),
        ("No matter whether new to me or familiar", "any"),
        ("Unfamiliar territory: a book on exploring", "any"),
        ("I have never heard The Tide Report", "any"),
        ("I loved what I have heard before of jazz", "any"),
        ("I don't know what to hear", "any"),
        ("I am familiar with jazz", "any"),
        ("I'm travelling to Japan for the first time; anything about it?", "any"),
        ("Kitchen science experiments, please.", "any"),
        ("A thriller about two strangers.", "any"),
        ("Let me hear someone for the first time.", "unfamiliar"),
        ("Something new", "any"),  # or new today
        ("What do I know about birds?", "any"),
    ],
)
def test_rules_know_what_is_new_or_known(text: str, mode: str) -> None:
    assert (by_rules(text) or "any") == mode


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("Only new ones.", "unfamiliar"),
        ("A show that is new to me", "unfamiliar"),
        ("Three shows I have never heard of, please.", "unfamiliar"),
        ("surprise me with something i dont know yet", "unfamiliar"),
        ("Nothing I already know, please.", "unfamiliar"),
        ("Only what I know already.", "familiar"),
        ("Nothing but what I know", "familiar"),
        ("An old favourite of mine for tonight", "familiar"),
        ("Back to something I have heard before.", "familiar"),
        ("Not only what I know, please.", "any"),
        ("Something new", "any"),
        ("The newest episodes about chess", "any"),
        ("More like what I usually hear", "any"),
        ("What do I know about birds?", "any"),
        ("Jazz is new to me. Three shows, please.", "any"),
        ("I've already heard that one", "any"),
        ("Heard it already.", "any"),
    ],
)
def test_what_is_new_or_known_is_read(reader: Reader, text: str, mode: str) -> None:
    assert reader.read(text).mode == mode


@pytest.mark.parametrize(
    ("text", "aim"),
    [
        ("What do I seem to like?", "about them"),
        ("So, what do I like most?", "about them"),
        ("Could you sum up my interests in a few words?", "about them"),
        ("How would you describe my listening habits?", "about them"),
        ("Describe my taste and recommend a show", "any"),
        ("Something to my taste", "any"),
        ("Why _item_?", "about it"),
        ("How come you chose _item_?", "about it"),
        ("Tell me about _item_, please.", "about it"),
        ("What is _item_ about?", "about it"),
        ("Why did you recommend it?", "about it"),
        ("Give me the reason for _item_.", "about it"),
        ("Tell me about three shows", "any"),
        ("More like _item_, please", "others"),
        ("I like _item_. What else is like it?", "others"),
        ("More like _item_, but as a book", "others"),
        ("Not _item_. What else?", "others"),
        ("Different ones, please.", "others"),
        ("None of these.", "others"),
        ("No thanks, bye.", "small talk"),
        ("Thank you!", "small talk"),
    ],
)
def test_what_a_request_is_after_is_read(reader: Reader, text: str, aim: str) -> None:
    assert reader.read(text, aimed=text).aim == aim


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Something new for a long drive?", True),
        ("What should I try next?", True),
        ("Anything about birds?", True),
        ("None of these.", True),
        ("What do I seem to like?", False),
        ("Why _item_?", False),
        ("What is _item_ about?", False),
        ("Thank you!", False),
        ("No thanks, bye.", False),
        ("Money", True),
        ("money, please", True),
        ("Tell me a joke about money.", False),
        ("only new ones", True),
        ("Tell me a joke.", False),
    ],
)
def test_whether_items_are_asked_for_is_read(reader: Reader, text: str, asks: bool) -> None:
    assert reader.read(text, aimed=text).asks == asks


def test_of_a_wish_for_a_list_it_is_known_what_it_is_after(reader: Reader) -> None:
    assert reader.read("What do I seem to like?").aim == "any"


def test_what_training_says_is_read_as_what_it_is(reader: Reader) -> None:
    """What is doubtful is left to the model."""
    slots = {"type": "show", "types": "shows", "a_type": "a show", "count": "three", "query": "tall bridges"}
    said = {
        task: [reader.read(text, aimed=text) for text in (one.format(item=ITEM, ref=ITEM, **slots) for one in wordings)]
        for task, wordings in TASKS.items()
    }
    items = ("recommend", "recommend_mixed", "search", "search_mixed", "chat_mixed", "chat_typed", "chat_about_typed")
    after = ("more", "more_typed", "not_this", "not_these", "switch", "thanks")

    def share(task: str, read: Callable[[Said], bool]) -> float:
        return sum(map(read, said[task])) / len(said[task])

    aims = dict.fromkeys(("recommend", "search", "list_counted"), "items")
    aims |= dict.fromkeys(("recommend_mixed", "search_mixed"), "mixed")
    aims |= dict.fromkeys(("explain", "why", "what"), "about it") | {"understand": "about them"}
    aims |= dict.fromkeys(("not_this", "not_these", "more", "more_typed", "switch"), "others")
    aims |= dict.fromkeys(("thanks", "beyond"), "small talk")
    for task in (*items, "chat_counted", "list_counted", *after):  # by many hands, and none looked at the reader
        assert share(task, lambda one: one.mode != "any") < 0.01, task
        assert share(task, lambda one: one.types not in ((), ("show",))) < 0.005, task
    for task in (*items, *after, *aims):
        assert share(task, lambda one, task=task: one.aim not in ("any", aims.get(task))) < 0.02, task
    for task, aim in aims.items():
        assert share(task, lambda one, aim=aim: one.aim == aim) > (0.8 if aim == "small talk" else 0.9), task


def test_thanks_are_told_from_what_nobody_can_do() -> None:
    assert all(map(is_thanks, ("Thanks, bye!", "Cheers, that was lovely.", "ta, see you")))
    assert not any(map(is_thanks, ("Tell me a joke", "What's the weather tomorrow?", "Call my mum.")))


@pytest.mark.parametrize("mode", DISCOVERY)
def test_what_training_says_of_a_mode_is_read(reader: Reader, mode: Mode) -> None:
    assert {reader.read(f"Recommend me an episode. {wish}").mode for wish in WISHES[mode]} == {mode}


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("Sorry, I meant audiobooks.", ("audiobook",)),
        ("Could you redo that with audiobooks?", ("audiobook",)),
        ("Hey, change all of that to audiobooks", ("audiobook",)),
        ("What's the audiobook version of that one?", ("audiobook",)),
        ("Anything like it among the episodes?", ("episode",)),
        ("Isn't there an episode like it?", ("episode",)),
        ("I don't care for that show.", ()),
        ("More like that show, please.", ()),
        ("Why the show?", ()),
        ("My sister writes books.", ()),
        ("The audiobook version was so boring that I fell asleep.", ()),
    ],
)
def test_who_wants_another_type_asks_for_the_one_they_speak_of(
    reader: Reader, text: str, types: tuple[str, ...]
) -> None:
    assert reader.read(text, aimed=text.replace("that one", ITEM).replace("like it", f"like {ITEM}")).types == types
