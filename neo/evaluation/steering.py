"""Do words steer? What the model would name with the constraint off, asked in wordings that training never saw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neo.decoding.unconstrained import search_unconstrained
from neo.evaluation.neo_method import long_run
from neo.evaluation.obedience import Steering, type_obedience
from neo.evaluation.protocol import RecommendCase
from neo.language.prompts import Context, about_listener, words_for
from neo.language.segments import Turn
from neo.language.wordings.fill import fill
from neo.language.wordings.instructions import HELD_OUT
from neo.language.wordings.modes import wish
from neo.listeners.familiarity import familiarity
from neo.model.listener import Asker, as_read, fit
from neo.model.neo_model import NeoModel
from neo_sdk.types import Mode

PROMPTS = 200
FIRST = 10  # items of a list, of which those of a discovery mode are counted
BATCH = 16


def steering(neo: NeoModel, cases: Sequence[RecommendCase], prompts: int = PROMPTS, beams: int = 30) -> Steering:
    """Asks for each item type in turn, whatever the listener really met next; `cases` give the listeners."""
    vocabulary, names = neo.bundle.vocabulary, neo.bundle.vocabulary.type_names
    step = max(1, len(cases) // prompts)
    listeners = cases[::step][:prompts]
    vectors = long_run(neo, listeners) or [()] * len(listeners)
    asked = [names[place % len(names)] for place in range(len(listeners))]
    opened = [
        [*_prompt(neo, case, ids, name, place // len(names)), vocabulary.open]  # every type in every wording
        for place, (case, ids, name) in enumerate(zip(listeners, vectors, asked, strict=True))
    ]
    found = []
    for start in range(0, len(opened), BATCH):
        found += search_unconstrained(neo.bundle.model, vocabulary, opened[start : start + BATCH], beams)
    codes = [[[vocabulary.type_level_code(t) for t in beam.tokens] for beam in of_prompt] for of_prompt in found]
    tuples = [beam for of_prompt in codes for beam in of_prompt]
    return Steering(
        prompts=len(listeners),
        beams=beams,
        obeyed=type_obedience(codes, asked, vocabulary.levels),
        exist=sum(_exists(neo, beam) for beam in tuples) / len(tuples),
        modes={mode: _of_mode(neo, listeners, mode) for mode in neo.bundle.modes},
    )


def _of_mode(neo: NeoModel, listeners: Sequence[RecommendCase], mode: Mode) -> dict[str, float]:
    """By type, the share of what is named when the words alone ask for a mode. What was heard may be named again."""
    parents, asked, shares = neo.bundle.catalog.parent_rows, [case for case in listeners if len(case.history)], {}
    histories = [case.history for case in asked]
    abouts, vectors = [about_listener(neo.bundle.listeners, case.listener) for case in asked], long_run(neo, asked)
    for name in neo.bundle.vocabulary.type_names:
        nothing = [np.empty(0, dtype=np.int64)] * len(asked)
        found = neo.recommend_rows(histories, abouts, name, FIRST, exclude=nothing, vectors=vectors, wish=wish(mode))
        levels = [
            familiarity(row, case.history, case.times, neo.bundle.now, parents)
            for case, items in zip(asked, found, strict=True)
            for row, _ in items
        ]
        shares[name] = sum(level == mode for level in levels) / len(levels)
    return shares


def _prompt(neo: NeoModel, case: RecommendCase, ids: tuple[int, ...], type_name: str, place: int) -> list[int]:
    item_type = neo.bundle.catalog.types[neo.bundle.catalog.type_code(type_name)]
    rows = as_read(neo.bundle, case.history)
    about = about_listener(neo.bundle.listeners, case.listener)
    context = Context(about, vectors=((0, ids),) if ids else ()).reading(tuple(rows.tolist()))
    templates = HELD_OUT["recommend"]
    words = fill(templates[place % len(templates)], **words_for(item_type).slots())
    return fit(neo.renderer, Asker(context), [Turn(words)], neo.room()).ids


def _exists(neo: NeoModel, beam: Sequence[tuple[str, int, int] | None]) -> bool:
    codes = [code for code in beam if code is not None]
    shaped = len(codes) == len(beam) and len({name for name, _, _ in codes}) == 1
    in_order = shaped and [level for _, level, _ in codes] == list(range(len(beam)))
    return in_order and neo.bundle.sids.table.row_of(codes[0][0], [code for _, _, code in codes]) is not None
