"""Classifiers of what people say, by the words of a sentence and the runs of them: how readers of what is meant are
made."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial, wraps
from itertools import pairwise
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

ITEM = "_item_"  # in place of what a request means by an item of it
NOUN = "_noun_"  # in place of what the catalog's types are called
_WORD, _ENDS = re.compile(r"\w+|[?.,;:!^]"), frozenset(".,;:!?") | {"but", "though", "yet"}
_DENIALS = frozenset(
    re.findall(
        r"\w+",
        "no not nothing none never neither nor without avoid except outside beyond away off apart instead unlike than"
        " beside besides skip drop leave stop forget past other tired bored sick enough cant cannot dont doesnt didnt"
        " isnt arent wont wouldnt havent hasnt aint",
    )
)


_FITTING = RLock()


def as_words(text: str) -> str:
    """A text as the classifiers read it, with its beginning marked."""
    return "^ " + text.lower().replace("'", "")


def fit_once(fit: Callable[[], Pipeline]) -> Callable[[], Pipeline]:
    """Fits when first asked, one classifier at a time: of two `threadpool_limits` that overlap, the limit of one stays
    when both are done."""
    fitted: list[Pipeline] = []

    @wraps(fit)
    def classifier() -> Pipeline:
        with _FITTING:
            if not fitted:
                fitted.append(fit())
        return fitted[0]

    return classifier


def classifier_of(texts: Sequence[str], labels: Sequence[str], runs: int) -> Pipeline:
    """Fit in one to three seconds; the same sentences make the same one. runs: of how many words at most."""
    # A second that nobody else need pay to import.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from threadpoolctl import threadpool_limits

    words = TfidfVectorizer(analyzer=partial(runs_of, most=runs), min_df=2, binary=True)
    # This solver needs a quarter of the time of the usual one, and one sentence in 13,239 was then read otherwise.
    by_words = LogisticRegression(C=30, class_weight="balanced", solver="saga", tol=1e-2, random_state=0)
    with threadpool_limits(1):  # on busy cores threads that wait for one another took seven seconds
        return make_pipeline(words, by_words).fit(texts, labels)


def runs_of(text: str, most: int) -> list[str]:
    """The words of a text (see `as_words`) and their runs, and once more what comes behind a denial, marked as that, up
    to the end of its clause: of "nothing I know" a run of two words says that it is known."""
    words = _WORD.findall(text)
    denied, marked = False, list[str]()
    for word in words:
        denied = denied and word not in _ENDS
        marked.append(f"not {word}" if denied else word)
        denied = denied or word in _DENIALS
    found = [" ".join(words[at : at + count]) for count in range(1, most + 1) for at in range(len(words) - count + 1)]
    found += [word for word, plainly in zip(marked, words, strict=True) if word != plainly]
    pairs = [(one, other) for one, other in pairwise(marked) if one.startswith("not ") or other.startswith("not ")]
    return found + [f"{one} | {other}" for one, other in pairs]
