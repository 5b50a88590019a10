"""Whether a request wants its items bare, or words with them: a classifier, of the sentences that training asks in.

"Just the titles", "no explanations", "don't tell me why" want items and not a word; "and tell me why", "with a line on
each", "convince me" want words too. What an item is to be, "a podcast that explains things", says neither, nor does a
request for words alone. English.

Rules that stood here read 27% of what four people wrote who knew neither them nor training's sentences, and 85% of what
they read was right. This, trained without these people, reads 81%, 96% of it right (1,785 sentences, 964 of which ask
for a format); of 170 decoys ("no talking, just rain") 8 were taken for a format.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import cycle
from typing import TYPE_CHECKING, Literal

from neo.language.wordings.instructions import TASKS, written

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Wanted = Literal["any", "items", "mixed"]

SURE = 0.75  # what is less probable is left to the model
NOUN = "_noun_"  # in place of what the catalog's types are called
BARE = ("recommend", "search", "search_any", "list_counted")
REASONED = ("recommend_mixed", "search_mixed", "search_mixed_any")
_OF_STAGE_2 = ("verbalize", "ground", "type")
_POINTING = ("it", "that one", "the second one", "the first", "number two", "the last one")


def read_format(text: str, nouns: re.Pattern[str]) -> Wanted:
    """text: names of items in it blank. nouns: what the catalog's types are called, with an article or without."""
    classifier = _classifier()
    chances = classifier.predict_proba([_plain(nouns.sub(NOUN, text))])[0]
    found: dict[Wanted, float] = dict(zip(classifier.classes_.tolist(), chances.tolist(), strict=True))
    likely = max(found, key=lambda wanted: found[wanted])
    return likely if found[likely] >= SURE else "any"


@cache
def _classifier() -> Pipeline:
    """Fit in a second, when first asked; the same sentences make the same one."""
    # A second that nobody else need pay to import.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    texts, formats = zip(*_sentences(), strict=True)
    pairs = TfidfVectorizer(lowercase=False, token_pattern=r"\w+|[?.,;:!^]", ngram_range=(1, 2), min_df=2, binary=True)
    regression = LogisticRegression(C=30, class_weight="balanced", max_iter=500)
    return make_pipeline(pairs, regression).fit(texts, formats)


def _sentences() -> list[tuple[str, Wanted]]:
    """What training asks in, slots filled, and the format it asks for; and what asks for none in the same words."""
    found: list[tuple[str, Wanted]] = []
    pointing = cycle(_POINTING)
    for task, wordings in [*TASKS.items(), ("neither", written("neither"))]:
        wanted: Wanted = "items" if task in BARE else "mixed" if task in REASONED else "any"
        for number, wording in enumerate(wordings if task not in _OF_STAGE_2 else ()):
            # Each query a word of its own, which no other sentence has: what is looked for says nothing.
            slots = {"query": f"{task}{number}", "item": "it", "ref": next(pointing), "count": "three"}
            found.append((_plain(wording.format(types=NOUN, type=NOUN, a_type=NOUN, **slots)), wanted))
    return found


def _plain(text: str) -> str:
    return "^ " + text.lower().replace("'", "")
