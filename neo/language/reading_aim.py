"""What a request is after: items bare, items with words, words on an item, words on who asks, other items. English.

"Just the titles" wants items and not a word, "and tell me why" words too; "what is the second one about?" wants words
on that and "what do I like?" on who asks; "not that", "more like it" and "rather a book" want others. What an item is
to be, "a podcast that explains things", says nothing of it. A classifier tells them apart, of the sentences that
training asks in and of 12,000 more that nothing else is made of, and where it is not sure nothing is read.

Of held-out wordings, which others wrote than those, this reads 96% of the requests for bare items, 91% of those for
items with words, 97% of the questions about an item, 95% of those about who asks, 94% of those for other items, 85% of
small talk, and 1% of all as something else (benchmarks/aims.py). The two files of rules that stood here until commit
7b9e1bc had read about a quarter of the formats.

Runs of letters beside the words made it worse. On a tenth of the same sentences they were 5% better, on what others had
written up to 10% worse: they know writers. So settings are chosen on writers that were left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import cycle
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from neo.language.reading_words import ITEM, NOUN, as_words, classifier_of, fit_once
from neo.language.wordings.instructions import TASKS, written
from neo.language.wordings.modes import WISHES
from neo.language.wordings.wishes import AVOIDED, FRAMES, WANTED, joined

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Aim = Literal["any", "items", "mixed", "about it", "about them", "others", "small talk"]


class Aimed(NamedTuple):
    """aim: what a text is after, "any" where that is not sure; items: how probably it asks for items at all, of any
    kind; label: which of READ it surely is, where these tell more apart: of others, more like it and another type;
    bare: whether it may ask for items alone."""

    aim: Aim
    items: float
    label: str = ""
    bare: bool = True

    @property
    def asks(self) -> bool:
        """Whether it asks for items."""
        return self.items >= SURE_OF_ITEMS


NOTHING_ASKED = Aimed("any", 0)
SURE = 0.6  # what is less probable is left to the model;
NO_ITEM = 0.75  # more is asked where no item would come, of "about them" and "small talk",
BARE = 0.15  # who asks for items so improbably may have words: so 94% of seven writers' requests for them are answered,
# each writer left out in turn by a script that was not kept, and 1.4% of their requests for bare items;
WORDS_TOO = 0.4  # there less of "mixed": 80% of these are read so, not 72, for 4.4% and not 2.8 of who says nothing;
SURE_OF_ITEMS = 0.8  # and whether items are asked for
# By task. What leads to one aim, or to none, is still told apart.
AIMS = (
    dict.fromkeys(("recommend", "search", "search_any", "list_counted"), "items")
    | dict.fromkeys(("recommend_mixed", "search_mixed", "search_mixed_any"), "mixed")
    | dict.fromkeys(("explain", "why", "what"), "about it")
    | {"understand": "about them"}
    | dict.fromkeys(("not_this", "not_these"), "others")
    | dict.fromkeys(("more", "more_typed"), "more like it")
    | {"switch": "another type", "thanks": "small talk", "beyond": "small talk"}
)
# What only this reads: `texts/read/LABEL.txt`.
READ = ("items", "mixed", "about it", "about them", "others", "more like it", "another type", "small talk", "neither")
SMALL_TALK = ("thanks", "beyond")  # and these tell its kinds apart
_AIM_OF: dict[str, Aim] = {
    **{aim: aim for aim in get_args(Aim)},
    "more like it": "others",
    "another type": "others",
}
OF_STAGE_2 = ("verbalize", "ground", "type")
_POINTING = (ITEM, "it", ITEM, "that one", ITEM, "the second one", ITEM, "number two", ITEM, "the last one")


def surely(chances: Mapping[str, float]) -> Aimed:
    """What is probable enough by what the classifier says of each label."""
    likely = max(chances, key=lambda label: chances[label])
    least = NO_ITEM if likely in ("about them", "small talk") else SURE
    sure = chances[likely] >= (WORDS_TOO if likely == "mixed" and chances["items"] < BARE else least)
    items = 1 - sum(chances[label] for label in ("about it", "about them", "small talk"))
    bare = chances["items"] >= BARE
    return Aimed(aim_of(likely), items, likely, bare) if sure else Aimed("any", items, bare=bare)


def is_thanks(text: str) -> bool:
    """Whether small talk says thanks or good-bye; else it wants what nobody here can say or do."""
    return bool(_small_talk().predict([as_words(text)])[0] == "thanks")


@fit_once
def _small_talk() -> Pipeline:
    said = {text: name for name in SMALL_TALK for text in (*TASKS[name], *written(f"read/{name}"))}
    return classifier_of([as_words(text) for text in said], list(said.values()), runs=2)


def aim_of(label: str) -> Aim:
    """Of one of AIMS."""
    return _AIM_OF.get(label, "any")


@fit_once
def classifier() -> Pipeline:
    """Fit when first asked."""
    texts, labels = zip(*sentences(), strict=True)
    return classifier_of([as_words(text) for text in texts], labels, runs=2)


def sentences(query: Callable[[str], str] = str) -> list[tuple[str, str]]:
    """What training asks in and wishes for, and what only this reads, slots filled; and what each is after.

    query: what is looked for, of a word that no other sentence has: by default that word, which says nothing.
    """
    found, pointing = list[tuple[str, str]](), cycle(_POINTING)
    asked = [(AIMS.get(task, "any"), task, wordings) for task, wordings in TASKS.items() if task not in OF_STAGE_2]
    asked += [(label, label, written(f"read/{label.replace(' ', '_')}")) for label in READ]
    asked += [("neither", mode, sentences) for mode, sentences in WISHES.items()]
    asked += [("small talk", name, written(f"read/{name}")) for name in SMALL_TALK]
    asked.append(("neither", "wish", tuple(_wishes())))
    for label, name, wordings in asked:
        for number, wording in enumerate(wordings):
            slots = {"query": query(f"{name}{number}"), "item": ITEM, "ref": next(pointing), "count": "three"}
            found.append((wording.format(types=NOUN, type=NOUN, a_type=NOUN, **slots), label))
    return found


def _wishes() -> Iterator[str]:
    """What an item is to be or not, in each fragment and frame of training: "with no crime in it" is no format."""
    frames = (*FRAMES, "{types} {w}, please.", "Three {types}, but {w}.")
    for fragments in (*WANTED.values(), *AVOIDED.values()):
        for fragment in fragments:
            yield from (joined([fragment.format(x="{query}")], "", frame) for frame in frames)
