"""What a request is after: items bare, items with words, words on an item, words on who asks, other items. English.

"Just the titles" wants items and not a word, "and tell me why" words too; "what is the second one about?" wants words
on that and "what do I like?" on who asks; "not that" wants others. What an item is to be, "a podcast that explains
things", says nothing of it. A classifier tells them apart, of the sentences that training asks in, and where it is not
sure nothing is read.

Rules that stood here read 27% of the formats that four people asked for who knew neither them nor training's sentences,
46% of the questions about an item and 40% of refusals. Trained without these four people this reads 78% of requests for
bare items and 89% of those for items with words, 97% of the questions, 60% of the refusals and 88% of requests for a
portrait. 45 of their 1,955 sentences it takes for something else than they are, half of these for a request for words.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import cycle
from typing import TYPE_CHECKING, Literal, get_args

from neo.language.wordings.instructions import TASKS, written
from neo.language.wordings.modes import WISHES

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Aim = Literal["any", "items", "mixed", "about it", "about them", "others"]

SURE = 0.7  # what is less probable is left to the model,
SURE_OF_WORDS = 0.5  # but words with items, which is what it writes where nothing else is asked for
ITEM = "_item_"  # in place of what a request means by an item of it
NOUN = "_noun_"  # in place of what the catalog's types are called
# By task; where none of the aims is meant, it is still told apart what is.
_AIMS = (
    dict.fromkeys(("recommend", "search", "search_any", "list_counted"), "items")
    | dict.fromkeys(("recommend_mixed", "search_mixed", "search_mixed_any"), "mixed")
    | dict.fromkeys(("explain", "why", "what"), "about it")
    | {"understand": "about them"}
    | dict.fromkeys(("not_this", "not_these"), "others")
    | dict.fromkeys(("more", "more_typed"), "more like it")
    | {"switch": "another type", "thanks": "small talk", "beyond": "small talk", "neither": "neither"}
)
_OF_STAGE_2 = ("verbalize", "ground", "type")
_POINTING = (ITEM, "it", ITEM, "that one", ITEM, "the second one", ITEM, "number two", ITEM, "the last one")


def read_aim(text: str, nouns: re.Pattern[str]) -> Aim:
    """text: with ITEM where it means an item. nouns: what the catalog's types are called, articles before them too."""
    classifier = _classifier()
    chances = classifier.predict_proba([_plain(nouns.sub(NOUN, text))])[0].tolist()
    chance, likely = max(zip(chances, classifier.classes_.tolist(), strict=True))
    sure = chance >= (SURE_OF_WORDS if likely == "mixed" else SURE)
    return likely if sure and likely in get_args(Aim) else "any"


@cache
def _classifier() -> Pipeline:
    """Fit in a second or two, when first asked; the same sentences make the same one."""
    # A second that nobody else need pay to import.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    texts, aims = zip(*_sentences(), strict=True)
    pairs = TfidfVectorizer(lowercase=False, token_pattern=r"\w+|[?.,;:!^]", ngram_range=(1, 2), min_df=2, binary=True)
    return make_pipeline(pairs, LogisticRegression(C=30, class_weight="balanced", max_iter=500)).fit(texts, aims)


def _sentences() -> list[tuple[str, str]]:
    """What training asks in, slots filled, and what it is after; and what is after nothing, in the same words."""
    found, pointing = list[tuple[str, str]](), cycle(_POINTING)
    neither = (*written("neither"), *(sentence for sentences in WISHES.values() for sentence in sentences))
    for task, wordings in [*TASKS.items(), ("neither", neither)]:
        for number, wording in enumerate(wordings if task not in _OF_STAGE_2 else ()):
            # Each query a word of its own, which no other sentence has: what is looked for says nothing.
            slots = {"query": f"{task}{number}", "item": ITEM, "ref": next(pointing), "count": "three"}
            text = wording.format(types=NOUN, type=NOUN, a_type=NOUN, **slots)
            found.append((_plain(text), _AIMS.get(task, "any")))
    return found


def _plain(text: str) -> str:
    return "^ " + text.lower().replace("'", "")
