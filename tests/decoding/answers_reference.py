"""Answers in words by brute force, and what makes a random model write and name enough to be compared."""

from __future__ import annotations

from collections.abc import Callable

import torch
from decoding_reference import World, rows_in

from neo.decoding.answer import Event, ItemNamed, TextDelta
from neo.decoding.beam import search_spans
from neo.language.vocabulary import Vocabulary


def lean(world: World, opening: float = 12.0, ending: float = 9.0) -> dict[int, float]:
    """Likely to open and end, and tempted by everything that must not be written as text."""
    tempting = [
        world.vocab.pad,
        world.vocab.prompt,
        world.vocab.close,
        *world.vocab.special_ids,
        world.vocab.size,
        399,
    ]
    return {**dict.fromkeys(tempting, 20.0), world.vocab.open: opening, world.vocab.end: ending}


def runs(events: list[Event]) -> list[str | int]:
    """Texts, joined between items, and item rows."""
    found: list[str | int] = []
    for event in events:
        if isinstance(event, TextDelta):
            assert event.text
            if found and isinstance(found[-1], str):
                found[-1] += event.text
            else:
                found.append(event.text)
        elif isinstance(event, ItemNamed):
            found.append(event.row)
    return found


def runs_in_circles(said: list[int], vocab: Vocabulary) -> bool:
    """Whether the last token begins to say words a third time in a row."""

    def words(ids: list[int]) -> int:
        text = "".join(sign if sign.isalpha() else " " for sign in vocab.decode(ids))
        return len(text.split())

    return any(
        len(said) > 2 * length
        and all(said[-1 - at] == said[-1 - at - length] for at in range(length + 1))
        and words(said[-1 - length : -1]) >= 2
        for length in range(2, 33)
    )


def text_or_end(vocab: Vocabulary) -> list[int]:
    """The tokens that any answer may write, whatever items it may name."""
    return [*(i for i in range(vocab.text_size) if i not in vocab.special_ids), vocab.end]


@torch.no_grad()
def naive_answer(
    world: World,
    prompt: list[int],
    types: tuple[str, ...],
    aside: Callable[[int, bool], list[int]] = lambda row, first: [],
) -> tuple[list[str | int], str]:
    """The same answer by full forwards, and a fresh search at every span. aside: read behind the items of an answer
    that begins with words."""
    vocab, index, ids = world.vocab, world.index, list(prompt)
    found: list[str | int] = []
    text: list[int] = []
    named = words = 0
    while True:
        logits = world.model(torch.tensor([ids])).logits[0, -1]
        allowed = text_or_end(vocab)
        if named < 3 and len(index.only(types)):
            allowed.append(vocab.open)
        allowed = [i for i in allowed if not runs_in_circles([*ids[len(prompt) :], i], vocab)]
        if len(ids) == len(prompt):  # words together against an item, or nothing
            chances = logits[allowed].softmax(0).tolist()
            apart = [at for at, i in enumerate(allowed) if i in (vocab.open, vocab.end)]
            if sum(chances[at] for at in apart) < 0.5:
                allowed = [i for i in allowed if i not in (vocab.open, vocab.end)]
        token = max(allowed, key=lambda i: float(logits[i]))
        over = words == 15
        if over or token in (vocab.end, vocab.open):
            if text:
                found.append(vocab.decode(text))
            text = []
            if over or token == vocab.end:
                return found, "length" if over else "stop"
            item = search_spans(world.model, vocab, index, [[*ids, token]], [types], k=1, beams=4)[0][0]
            found.append(item.row)
            ids += vocab.sid_ids(item.codes, item.type)
            ids += aside(item.row, named == 0) if ids[len(prompt)] != vocab.open else []
            index, named = index.filtered(world.mask(rows_in(index) - {item.row})), named + 1
        else:
            text.append(token)
            ids.append(token)
            words += 1
