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


def type_obedience(beams: Sequence[Sequence[Beam]], asked: Sequence[str], levels: int) -> float:
    """The share of beams, over all prompts, that are whole spans of the asked type.

    `beams[p]` are the beams of prompt p, each the decoded codes between the delimiters; `asked[p]` is the
    type that prompt p asks for. A beam counts if it has one code a level, levels 0 to `levels` - 1 in order,
    all of that type; whether the tuple names an item is another question. Raises InvalidRequestError where
    there is nothing to count.
    """
    if len(beams) != len(asked):
        raise InvalidRequestError(f"beams of {len(beams)} prompts, but {len(asked)} asked types, expected one each")
    total = sum(len(of_prompt) for of_prompt in beams)
    if not total:
        raise InvalidRequestError("there is not a single beam to count")
    good = 0
    for of_prompt, name in zip(beams, asked, strict=True):
        whole = [(name, level) for level in range(levels)]
        good += sum([code and code[:2] for code in beam] == whole for beam in of_prompt)
    return good / total
