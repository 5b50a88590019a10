"""How the readers of what a request is after, of how many items it asks for, of what type, and of what is to be new or
known do on sentences that they were not made of.

    python benchmarks/aims.py [BUNDLE]

Twice: on the held-out wordings, which others wrote than training's, and on each tenth of training's when it is trained
on the other nine; of the sentences with numbers or modes it is a tenth or an eighth of their writers. Slots are filled
with one word each; items and types are the reader's own marks. Types are read by rules, so on the held-out wordings
alone. Takes a minute. With a bundle whose model was trained to read, that judges, on the held-out wordings.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import get_args

from sklearn.base import clone
from sklearn.model_selection import KFold

from neo.catalog.item_types import BUILT_IN
from neo.language import reading_aim, reading_count, reading_modes, reading_question
from neo.language.judging import ByWords, Judge
from neo.language.reading_aim import AIMS, Aim, aim_of, classifier, sentences, surely
from neo.language.reading_modes import read_mode
from neo.language.reading_types import TypeReader, typed
from neo.language.reading_words import ITEM, NOUN, as_words
from neo.language.wordings.fill import slots_of, type_words
from neo.language.wordings.held_out import HELD_OUT, HELD_OUT_MODES
from neo.language.wordings.instructions import written
from neo.language.wordings.modes import MODES
from neo_sdk.errors import NeoError

TURNS = ("more_typed", "switch")  # what is said behind an answer
SLOTS = {"query": "chess", "item": ITEM, "ref": ITEM, "types": NOUN, "type": NOUN, "a_type": NOUN}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", nargs="?", help="a bundle that was trained with instruction.read")
    bundle, name = parser.parse_args().bundle, "held out, by others"
    judge = ByWords() if bundle is None else own_judge(bundle)
    aims, modes, counts = held_out(judge), {name: held_out_modes(judge)}, {name: held_out_counts(judge)}
    print_table(name, aims)
    if bundle is None:  # what follows is of the classifiers and rules that every bundle has
        print_table("a tenth at a time", folds())
        modes["an eighth of the writers at a time"] = mode_folds()
        counts["a tenth of the writers at a time"] = count_folds()
        print_types(held_out_types(judge))
        print_questions(question_folds())
    print_modes(modes)
    print_counts(counts)


def own_judge(bundle: str) -> Judge:
    """NEO's own room waits for who asks for it: it imports torch."""
    from neo.model.neo_model import NeoModel

    try:
        judge = NeoModel.load(bundle).reader.judge
    except NeoError as error:
        raise SystemExit(str(error)) from None
    if isinstance(judge, ByWords):
        raise SystemExit(f"{bundle}: its model was not trained to read (instruction.read is 0).")
    return judge


def held_out(judge: Judge) -> Counter[tuple[str, str]]:
    """(what it is after, what is read) of the held-out wordings."""
    return Counter(
        (aim_of(AIMS.get(task, "any")), surely(judge.aim(wording.format(count="three", **SLOTS))).aim)
        for task, wordings in HELD_OUT.items()
        if task not in reading_aim.OF_STAGE_2
        for wording in wordings
    )


def folds() -> Counter[tuple[str, str]]:
    texts, aims = zip(*sentences(), strict=True)
    found = Counter[tuple[str, str]]()
    for train, test in KFold(10, shuffle=True, random_state=0).split(texts):
        fitted = clone(classifier()).fit([as_words(texts[at]) for at in train], [aims[at] for at in train])
        found += read(fitted, [as_words(texts[at]) for at in test], [aims[at] for at in test])
    return found


def read(fitted: reading_aim.Pipeline, texts: Sequence[str], aims: Sequence[str]) -> Counter[tuple[str, str]]:
    chances = fitted.predict_proba(list(texts)).tolist()
    return Counter(
        (aim_of(aim), surely(dict(zip(fitted.classes_.tolist(), row, strict=True)))[0])
        for aim, row in zip(aims, chances, strict=True)
    )


def held_out_modes(judge: Judge) -> Counter[tuple[str, str]]:
    """(mode, what is read) of the held-out wordings of modes, and of all others, which say nothing of one."""
    asked = [(text, mode) for mode, texts in HELD_OUT_MODES.items() for text in texts]
    asked += [
        (wording.format(count="three", **SLOTS), "any")
        for task, wordings in HELD_OUT.items()
        if task not in reading_aim.OF_STAGE_2
        for wording in wordings
    ]
    return Counter((mode, read_mode(text.replace(NOUN, "shows"), judge.mode(text))) for text, mode in asked)


def mode_folds(folds: int = 8) -> Counter[tuple[str, str]]:
    """Those sentences that are of the writers' stand one writer's behind another's."""
    own, others, found = reading_modes.sentences(), reading_modes.others(), Counter[tuple[str, str]]()
    for fold in range(folds):
        left: list[tuple[str, str]] = []
        kept = list(others)
        for pairs in own.values():
            for at, pair in enumerate(pairs):
                (left if at * folds // len(pairs) == fold else kept).append(pair)
        texts, modes = zip(*kept, strict=True)
        fitted = clone(reading_modes.classifier()).fit([as_words(text) for text in texts], modes)
        found += read_modes(fitted, left)
    return found


def read_modes(fitted: reading_modes.Pipeline, asked: Sequence[tuple[str, str]]) -> Counter[tuple[str, str]]:
    chances = fitted.predict_proba([as_words(text) for text, _ in asked]).tolist()
    rules = [reading_modes.by_rules(text.replace(NOUN, "shows")) for text, _ in asked]
    return Counter(
        (mode, reading_modes.surely(ruled, dict(zip(fitted.classes_.tolist(), row, strict=True))))
        for (_, mode), ruled, row in zip(asked, rules, chances, strict=True)
    )


def print_modes(tables: Mapping[str, Counter[tuple[str, str]]]) -> None:
    print("| to be | | sentences | read | read as the other |\n| --- | --- | ---: | ---: | ---: |")
    for name, found in tables.items():
        for mode in MODES:
            total = sum(n for (meant, _), n in found.items() if meant == mode)
            wrong = sum(n for (meant, read), n in found.items() if meant == mode and read not in (mode, "any"))
            print(f"| {mode} | {name} | {total:,} | {found[mode, mode] / total:.1%} | {wrong / total:.1%} |")
    print()


def question_folds(folds: int = 8) -> Counter[tuple[str, str]]:
    """Of what seven writers wrote about an item (the last one twice as much), one writer's behind another's."""
    found = Counter[tuple[str, str]]()
    for fold in range(folds):
        left, kept = list[tuple[str, str]](), reading_question.others()
        for pairs in reading_question.written_of().values():
            for at, pair in enumerate(pairs):
                (left if at * folds // len(pairs) == fold else kept).append(pair)
        texts, labels = zip(*kept, strict=True)
        fitted = clone(reading_question.classifier()).fit([as_words(text) for text in texts], labels)
        for (_, label), row in zip(left, fitted.predict_proba([as_words(text) for text, _ in left]), strict=True):
            chances = dict(zip(fitted.classes_.tolist(), row.tolist(), strict=True))
            found[label, reading_question.surely(chances) or reading_question.OTHER] += 1
    return found


def print_questions(found: Counter[tuple[str, str]]) -> None:
    print("| asked of an item | sentences | read | read as another question |\n| --- | ---: | ---: | ---: |")
    asked, other = reading_question.QUESTIONS, reading_question.OTHER
    for name, labels in [
        ("all of these", asked),
        *((label, (label,)) for label in asked),
        ("something else", (other,)),
    ]:
        total = sum(n for (meant, _), n in found.items() if meant in labels)
        right = sum(n for (meant, read), n in found.items() if meant in labels and read == meant)
        wrong = sum(n for (meant, read), n in found.items() if meant in labels and read not in (meant, other))
        print(f"| {name} | {total:,} | {right / total:.1%} | {wrong / total:.1%} |")
    print()


def held_out_counts(judge: Judge) -> Counter[str]:
    """How numbers are read in the held-out wordings that ask for some, and in the others; not in stage 2's."""
    marked = [
        wording.format(count=f"<{number}>", **SLOTS)
        for task, wordings in HELD_OUT.items()
        if task not in reading_aim.OF_STAGE_2
        for wording in wordings
        for number in (("three", "3") if "{count}" in wording else ("",))
    ]
    return read_numbers(judge.numbers, marked)


def count_folds() -> Counter[str]:
    """Those sentences that are of the writers' stand one writer's behind another's."""
    every, own = reading_count.sentences(), len(written("read/numbers"))
    found = Counter[str]()
    for train, test in KFold(10).split(every[:own]):
        rest = [every[at] for at in train] + every[own:]
        around, asked = zip(*(pair for text in rest for pair in reading_count.examples(text)), strict=True)
        fitted = clone(reading_count.classifier()).fit(around, asked)
        found += read_numbers(judged_by(fitted), [every[at] for at in test])
    return found


def judged_by(fitted: reading_count.Pipeline) -> reading_count.Judged:
    def judged(text: str, numbers: Sequence[re.Match[str]]) -> list[float]:
        return list(fitted.predict_proba([reading_count.around(text, one) for one in numbers])[:, 1].tolist())

    return judged


def read_numbers(judged: reading_count.Judged, marked: Sequence[str]) -> Counter[str]:
    found = Counter[str]()
    for sentence in marked:
        text, ends = reading_count.unmarked(sentence)
        numbers = reading_count.numbers(text)
        asked = [one for one in numbers if one.end() in ends]
        read, meant = reading_count.read_count(text, judged)[0], reading_count.counted(text, asked)
        kind = "asked" if ends else "others"
        found[kind] += 1
        how = "unread" if read is None and ends else "right" if read == meant else "wrong"
        found[f"{kind}, {how}"] += 1
    return found


def held_out_types(judge: Judge) -> Counter[tuple[str, str]]:
    """(what is said of a type, how it is read), of the held-out wordings with two nouns for each type in turn."""
    reader, found = TypeReader.of(BUILT_IN), Counter[tuple[str, str]]()
    for task, wordings in HELD_OUT.items():
        if task in reading_aim.OF_STAGE_2:
            continue
        for wording in wordings:
            with_type = any(slot in ("type", "types", "a_type") for slot in slots_of(wording))
            for kind in BUILT_IN if with_type else BUILT_IN[:1]:
                for words in type_words(kind)[:2]:
                    text = wording.format(**{**SLOTS, "item": "it", "count": "three", **words.slots()})
                    types = reader.read(text)
                    read = typed(types, surely(judge.aim(wording.format(count="three", **SLOTS))))
                    said = (
                        "in a second turn" if with_type and task in TURNS else "asked for" if with_type else "nothing"
                    )
                    right = read == ((kind.name,) if with_type else ())
                    found[said, "right" if right else "as another" if read else "unread"] += 1
    return found


def print_types(found: Counter[tuple[str, str]]) -> None:
    print("| a type, held out, by others | requests | read | unread | read as another |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for said in dict.fromkeys(said for said, _ in found):
        of = {how: n for (what, how), n in found.items() if what == said}
        right, unread, wrong = (of.get(how, 0) / sum(of.values()) for how in ("right", "unread", "as another"))
        print(f"| {said} | {sum(of.values()):,} | {right:.1%} | {unread:.1%} | {wrong:.1%} |")
    print()


def print_counts(tables: Mapping[str, Counter[str]]) -> None:
    print("| how many | ask for a number | read | read as another | ask for none | read as some |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, found in tables.items():
        read, wrong = (found[f"asked, {how}"] / found["asked"] for how in ("right", "wrong"))
        some = found["others, wrong"] / found["others"]
        print(f"| {name} | {found['asked']:,} | {read:.1%} | {wrong:.1%} | {found['others']:,} | {some:.1%} |")


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
