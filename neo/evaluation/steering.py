"""Do words steer? What the model would name with the constraint off, asked in wordings that training never saw."""

from __future__ import annotations

from collections.abc import Sequence

from neo.decoding.unconstrained import search_unconstrained
from neo.evaluation.neo_method import long_run
from neo.evaluation.obedience import Beam, Steering, span_of, type_obedience
from neo.evaluation.protocol import RecommendCase
from neo.language.prompts import Context, about_listener, words_for
from neo.language.segments import Turn
from neo.language.wordings.fill import fill
from neo.language.wordings.held_out import HELD_OUT
from neo.model.listener import Asker, as_read, fit
from neo.model.neo_model import NeoModel

PROMPTS = 200
BATCH = 16


def steering(neo: NeoModel, cases: Sequence[RecommendCase], prompts: int = PROMPTS, beams: int = 30) -> Steering:
    """Asks for each item type in turn, whatever the listener really met next; `cases` give the listeners."""
    vocabulary, names = neo.bundle.vocabulary, neo.bundle.vocabulary.type_names
    step = max(1, len(cases) // prompts)
    listeners = cases[::step][:prompts]
    vectors = long_run(neo, listeners)
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
    )


def _prompt(neo: NeoModel, case: RecommendCase, ids: tuple[int, ...], type_name: str, place: int) -> list[int]:
    item_type = neo.bundle.catalog.types[neo.bundle.catalog.type_code(type_name)]
    rows = as_read(neo.bundle, case.history)
    about = about_listener(neo.bundle.listeners, case.listener)
    context = Context(about, tuple(rows.tolist()), ids)
    templates = HELD_OUT["recommend"]
    words = fill(templates[place % len(templates)], **words_for(item_type).slots())
    return fit(neo.renderer, Asker(context), [Turn(words)], neo.room()).ids


def _exists(neo: NeoModel, beam: Beam) -> bool:
    span = span_of(beam, neo.bundle.vocabulary.levels)
    return span is not None and neo.bundle.sids.table.row_of(*span) is not None
