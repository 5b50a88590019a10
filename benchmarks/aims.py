"""How the reader of what a request is after does on sentences that it was not trained on.

    python benchmarks/aims.py

Twice: on the held-out wordings, which others wrote than training's, and on each tenth of training's when it is trained
on the other nine. Slots are filled with one word each; items and types are the reader's own marks. Takes a minute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import get_args

from sklearn.base import clone
from sklearn.model_selection import KFold

from neo.language import reading_aim
from neo.language.reading_aim import AIMS, ITEM, NOUN, Aim, aim_of, classifier, sentences, surely
from neo.language.wordings.held_out import HELD_OUT


def main() -> None:
    print_table("held out, by others", held_out())
    print_table("a tenth at a time", folds())


def held_out() -> Counter[tuple[str, str]]:
    """(what it is after, what is read) of the held-out wordings."""
    slots = {"query": "chess", "item": ITEM, "ref": ITEM, "count": "three", "types": NOUN, "type": NOUN, "a_type": NOUN}
    asked = [
        (wording.format(**slots), AIMS.get(task, "any"))
        for task, wordings in HELD_OUT.items()
        if task not in reading_aim.OF_STAGE_2
        for wording in wordings
    ]
    return read(classifier(), [reading_aim.plain(text) for text, _ in asked], [aim for _, aim in asked])


def folds() -> Counter[tuple[str, str]]:
    texts, aims = zip(*sentences(), strict=True)
    found = Counter[tuple[str, str]]()
    for train, test in KFold(10, shuffle=True, random_state=0).split(texts):
        fitted = clone(classifier()).fit([texts[at] for at in train], [aims[at] for at in train])
        found += read(fitted, [texts[at] for at in test], [aims[at] for at in test])
    return found


def read(fitted: reading_aim.Pipeline, texts: Sequence[str], aims: Sequence[str]) -> Counter[tuple[str, str]]:
    chances = fitted.predict_proba(list(texts)).tolist()
    return Counter(
        (aim_of(aim), surely(dict(zip(fitted.classes_.tolist(), row, strict=True)))[0])
        for aim, row in zip(aims, chances, strict=True)
    )


def print_table(name: str, found: Counter[tuple[str, str]]) -> None:
    print(f"| {name} | sentences | read | read as another |\n| --- | ---: | ---: | ---: |")
    for aim in get_args(Aim):
        of = {read: n for (meant, read), n in found.items() if meant == aim}
        total, right = sum(of.values()), of.get(aim, 0)
        wrong = total - right - (of.get("any", 0) if aim != "any" else 0)
        print(
            f"| {'nothing of these' if aim == 'any' else aim} | {total:,} | {right / total:.1%} | {wrong / total:.1%} |"
        )
    print()


if __name__ == "__main__":
    main()
