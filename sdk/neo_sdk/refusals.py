"""From what pydantic found wrong to one sentence for a person: what came, what was expected, what to do."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from neo_sdk.errors import InvalidRequestError

Request = TypeVar("Request", bound=BaseModel)
TAGS = ("text", "item")  # of a message's parts: between a number and a name they are no place of their own


def checked(kind: type[Request], fields: Mapping[str, Any]) -> Request:
    """A request from its fields. Raises InvalidRequestError with a sentence for the first that cannot be used."""
    try:
        return kind.model_validate(dict(fields))
    except ValidationError as error:
        raise InvalidRequestError(first_wrong(error)[1]) from None


def first_wrong(error: ValidationError) -> tuple[str | None, str]:
    """The first field that cannot be used (None: the body as a whole), and a sentence about it."""
    found = error.errors(include_url=False)[0]
    name, came = _place(found["loc"]), shown(found["input"])
    param = name or None
    if found["type"] == "json_invalid":
        return param, f"The body is no JSON ({found['ctx']['error']}): send an object."
    if found["type"] == "extra_forbidden":
        return param, f"{name} is {came}, expected nothing: this request has no such field, or it has no effect here."
    if found["type"] == "missing":
        return param, f"{name} is missing, expected a value: pass {name}."
    return (
        param,
        f"{name or 'The request'} is {came}{_expected(found)}: correct it{' or leave it out' if name else ''}.",
    )


def _expected(found: ErrorDetails) -> str:
    reason = found["msg"].removeprefix("Value error, ").replace("a valid tuple", "a list")
    if reason.startswith("Input should be "):
        return f", expected {reason.removeprefix('Input should be ')}"
    return f" ({reason})"


def _place(places: tuple[int | str, ...]) -> str:
    """`messages[1].content[0].text`, from the keys and numbers that lead there."""
    name = ""
    for at, place in enumerate(places):
        if isinstance(place, int):
            name += f"[{place}]"
        elif not (place in TAGS and isinstance(places[at - 1], int) and at + 1 < len(places)):
            name += f"{'.' if name else ''}{_key(place)}"
    return name


def _key(key: str) -> str:
    return key if key.isidentifier() and len(key) < 80 else shown(key)


def shown(value: object) -> str:
    """What came, in a few characters: a megabyte in an argument is no megabyte in the error."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # an int of more digits than Python writes
        return f"a long {type(value).__name__}"


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
