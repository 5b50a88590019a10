"""What stands under the hood, gathered: a request's prompt in pieces, its search watched, and the search set free."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from neo.decoding.request import SpanRequest
from neo.decoding.trace import Trace, trace_search
from neo.decoding.unconstrained import FreeBeam, search_unconstrained
from neo.language.render import Renderer
from neo.language.vocabulary import Vocabulary
from neo.listeners.soft_prompt import SOFT
from neo.model.bundle import Bundle
from neo.model.prepared import ListRequest
from neo_demo.studio import Studio
from neo_demo.visit import Looked
from neo_sdk.types import ItemPart, TextPart

Kind = Literal["text", "control", "item", "vector"]


@dataclass(frozen=True)
class Piece:
    """A stretch of a prompt. text: the words, a control token's name or an item's title; codes: an item's SID."""

    kind: Kind
    text: str
    tokens: int
    type: str = ""
    codes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Inside:
    """One request from within. free: what comes with the constraint off, `free_seconds` long; None where it is on.

    asked_in_words: whether the item answers a request, and does not only go on with a history.
    """

    label: str
    pieces: tuple[Piece, ...]
    trace: Trace
    beams: int
    may_be_named: int
    types: tuple[str, ...]
    free: tuple[FreeBeam, ...] | None
    free_seconds: float
    asked_in_words: bool


def inside(studio: Studio, looked: Looked, beams: int, constrained: bool) -> Inside:
    """Runs the search of a request's first item anew, beside the thread that answers."""
    bundle, model = studio.bundle, studio.model
    ids, span = opened(studio, looked, beams)
    with studio.alone:
        trace = trace_search(bundle.model, bundle.vocabulary, ids, span)
        free, began = None, time.perf_counter()
        if not constrained:
            (free,) = search_unconstrained(bundle.model, bundle.vocabulary, [ids], beams)
    spent = time.perf_counter() - began
    pieces = tuple(pieces_of(bundle, model.opened(ids)))
    words = ids[-1] == bundle.vocabulary.open and bundle.vocabulary.answer in ids
    label, count = looked.label, len(span.index)
    return Inside(label, pieces, trace, beams, count, span.types, None if free is None else tuple(free), spent, words)


def opened(studio: Studio, looked: Looked, beams: int) -> tuple[list[int], SpanRequest]:
    """The prompt up to where its first item comes, and the search there. In an answer in words: after the words."""
    request, model = looked.request, studio.model
    if isinstance(request, ListRequest):
        return model.opened(request.prompt.ids), SpanRequest(request.choice.types, request.choice.index, beams, beams)
    asked = request.asked
    index, types = asked.index, asked.types
    if not types:  # an answer in words only: what it would name, if it could
        index, types = studio.bundle.index, tuple(studio.bundle.index.types)
    said = before_the_first_item(model.renderer, looked)
    return [*asked.prompt, *said, studio.bundle.vocabulary.open], SpanRequest(types, index, beams, beams)


def before_the_first_item(renderer: Renderer, looked: Looked) -> list[int]:
    """The tokens of an answer's words before its first item; none where it has no item."""
    answer: Sequence[TextPart | ItemPart] = looked.turn.answer if looked.turn is not None else ()
    words: list[str] = []
    for part in answer:
        if isinstance(part, ItemPart):
            return renderer.vocabulary.encode("".join(words))
        words.append(part.text)
    return []


def pieces_of(bundle: Bundle, ids: Sequence[int]) -> list[Piece]:
    """Token ids as stretches of words, control tokens, and items with their SIDs."""
    vocab = bundle.vocabulary
    pieces: list[Piece] = []
    run: list[int] = []
    codes: list[int] = []

    def flush() -> None:
        if run:
            pieces.append(Piece("text", vocab.decode(run), len(run)))
            run.clear()

    for token in ids:
        if token < vocab.text_size:
            run.append(token)
            continue
        flush()
        place = None if token >= SOFT else vocab.type_level_code(token)
        if place is None:
            kind: Kind = "vector" if token >= SOFT else "control"
            pieces.append(Piece(kind, vocab.name(token), 1))
            continue
        name, level, code = place
        codes = [*codes, code] if level else [code]
        if level == vocab.levels - 1:
            pieces.append(_item(bundle, name, tuple(codes)))
    flush()
    return pieces


def _item(bundle: Bundle, name: str, codes: tuple[int, ...]) -> Piece:
    return Piece("item", title_of(bundle, name, codes) or "no item", len(codes), name, codes)


def title_of(bundle: Bundle, name: str, codes: Sequence[int]) -> str | None:
    """The title of the item that codes name; None where they name none."""
    row = bundle.sids.table.row_of(name, codes)
    return None if row is None else bundle.catalog.title(row)


def free_name(vocab: Vocabulary, bundle: Bundle, beam: FreeBeam) -> tuple[str, str, bool]:
    """(tokens as a person reads them, what they name, whether that exists) of what was said with no constraint."""
    found = [vocab.type_level_code(token) for token in beam.tokens]
    spelled = " ".join(token_name(vocab, token) for token in beam.tokens)
    if any(place is None for place in found):
        return spelled, "no SID: it holds words", False
    places = [place for place in found if place is not None]
    if len({place[0] for place in places}) > 1 or [place[1] for place in places] != list(range(vocab.levels)):
        return spelled, "no SID: types or levels are mixed", False
    title = title_of(bundle, places[0][0], [place[2] for place in places])
    return spelled, title or f"no {places[0][0]} has these codes", title is not None


def token_name(vocab: Vocabulary, token: int) -> str:
    """Such as show 12 at level 1, or a word in quotes."""
    place = vocab.type_level_code(token)
    if place is not None:
        return f"{place[0]} {place[2]}·L{place[1] + 1}"
    name = vocab.name(token)
    return name if token >= vocab.text_size else f"“{name}”"
