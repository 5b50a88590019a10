"""Do the prompt's words alone choose the item type? A count over beams generated without any constraint."""

from __future__ import annotations

from collections.abc import Sequence

from neo.catalog.strict import Strict
from neo_sdk.errors import InvalidRequestError

# (type, level, code), as `Vocabulary.type_level_code` reads a token id; None for a token that is no code.
Code = tuple[str, int, int]
Beam = Sequence[Code | None]


class Steering(Strict):
    """Shares of all unconstrained beams: `obeyed` fall in the type that the words ask for, `exist` name an item."""

    prompts: int
    beams: int
    obeyed: float
    exist: float

    def __str__(self) -> str:
        return (
            f"constraint off, {self.prompts} prompts in unseen words, {self.beams} beams each: "
            f"{self.obeyed:.1%} in the type asked for, {self.exist:.1%} name an item that exists"
        )


def span_of(beam: Beam, levels: int) -> tuple[str, tuple[int, ...]] | None:
    """The type and the codes of a beam that has one code a level, levels 0 to `levels` - 1 in order, all of one type;
    None for any other. Whether the codes name an item is another question."""
    name = beam[0][0] if beam and beam[0] else ""
    if [code and code[:2] for code in beam] != [(name, level) for level in range(levels)]:
        return None
    return name, tuple(code[2] for code in beam if code)


def type_obedience(beams: Sequence[Sequence[Beam]], asked: Sequence[str], levels: int) -> float:
    """The share of beams, over all prompts, that are whole spans of the asked type.

    `beams[p]` are the beams of prompt p, each the decoded codes between the delimiters; `asked[p]` is the
    type that prompt p asks for. Raises InvalidRequestError where there is nothing to count.
    """
    if len(beams) != len(asked):
        raise InvalidRequestError(f"beams of {len(beams)} prompts, but {len(asked)} asked types, expected one each")
    total = sum(len(of_prompt) for of_prompt in beams)
    if not total:
        raise InvalidRequestError("there is not a single beam to count")
    spans = [(span_of(beam, levels), name) for some, name in zip(beams, asked, strict=True) for beam in some]
    return sum(span is not None and span[0] == name for span, name in spans) / total
