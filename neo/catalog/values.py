"""Single values of the user's files made ours: ids, words, lists, numbers.

Each converter has two doors: `one` turns a Python value into ours or raises ValueError with a reason; `fast`
does the same for a whole Arrow array where the values look regular, and tells which rows it leaves to `one`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.plain_text import SUSPECT, clean_text

_CONTROL = "[\\x{0}-\\x{1f}\\x{7f}]"
_NUMBER = r"^ *-?[0-9]{1,15}(\.[0-9]+)? *$"


class Converter(Protocol):
    """What makes one of our columns."""

    @property
    def type(self) -> pa.DataType: ...

    def one(self, value: Any, notes: Counter[str]) -> Any:
        """Our value, None for nothing. Raises ValueError. Counts in `notes` what is worth a warning."""

    def fast(self, array: pa.Array) -> tuple[pa.Array, pa.Array] | None:
        """The converted array and a mask of the rows that `one` must do, or None if it must do all."""


def convert(
    values: pa.Array | Sequence[Any], converter: Converter, notes: Counter[str]
) -> tuple[pa.Array, dict[int, str]]:
    """All values as an array of the converter's type, and why for each row that failed (it is null there)."""
    problems: dict[int, str] = {}
    if not isinstance(values, pa.Array):
        made = [_attempt(value, row, converter, notes, problems) for row, value in enumerate(values)]
        return pa.array(made, converter.type), problems
    values = _plain_layout(values)
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), converter.type), problems
    quick = converter.fast(values)
    if quick is None:
        return convert(_python(values), converter, notes)
    array, left = quick
    left = pc.fill_null(left, False)
    rows = pc.indices_nonzero(left).to_pylist()
    if not rows:
        return array, problems
    slow = _python(values.filter(left))
    made = [_attempt(value, row, converter, notes, problems) for row, value in zip(rows, slow, strict=True)]
    places = np.arange(len(array))
    places[rows] = len(array) + np.arange(len(rows))
    return pa.concat_arrays([array, pa.array(made, converter.type)]).take(pa.array(places)), problems


def _plain_layout(array: pa.Array) -> pa.Array:
    """Strings as strings and lists as lists, however the file lays them out; NaN is nothing."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
    if pa.types.is_large_list(array.type):
        array = array.cast(pa.list_(array.type.value_type))
    if pa.types.is_list(array.type) and pa.types.is_large_string(array.type.value_type):
        array = array.cast(pa.list_(pa.string()))
    return array.cast(pa.string()) if pa.types.is_string_view(array.type) else array


def _python(array: pa.Array) -> list[Any]:
    try:
        return array.to_pylist()
    except (ValueError, OverflowError):  # a moment that Python's datetime cannot hold
        return array.cast(pa.string()).to_pylist()


def _attempt(value: Any, row: int, converter: Converter, notes: Counter[str], problems: dict[int, str]) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return None
    try:
        return converter.one(value, notes)
    except ValueError as error:
        problems[row] = str(error)
        return None


def no_rows(array: pa.Array) -> pa.Array:
    return pa.repeat(pa.scalar(False), len(array))


def is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def described(value: Any) -> str:
    names = {bool: "true or false", list: "a list", tuple: "a list", dict: "an object", bytes: "bytes"}
    return names.get(type(value), type(value).__name__) if not isinstance(value, str) else repr(value[:60])


def _as_text(value: Any) -> str:
    """A string, or a number as one would write it."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise ValueError("the bytes are not UTF-8") from None
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else repr(value)
    raise ValueError(f"expected text, got {described(value)}")


@dataclass(frozen=True)
class AsId:
    """Ids are kept to the letter. Numbers count as ids: 47 and 47.0 are "47"."""

    prefix: str = ""
    type: pa.DataType = field(default=pa.string(), init=False)

    def one(self, value: Any, notes: Counter[str]) -> str | None:
        if value is None:
            return None
        text = _as_text(value)
        if any(ord(letter) < 32 or ord(letter) == 127 or 0xD800 <= ord(letter) < 0xE000 for letter in text):
            raise ValueError(f"the id {text!r} has control characters or broken Unicode")
        return self.prefix + text if text else None

    def fast(self, array: pa.Array) -> tuple[pa.Array, pa.Array] | None:
        if pa.types.is_integer(array.type):
            texts, left = array.cast(pa.string()), no_rows(array)
        elif is_text(array.type):
            texts = array.cast(pa.string())
            left = pc.match_substring_regex(texts, _CONTROL)
            texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
        else:
            return None
        if self.prefix:
            texts = pc.binary_join_element_wise(pa.scalar(self.prefix), texts, "")
        return texts, left


@dataclass(frozen=True)
class AsText:
    """Words, made plain. `joins`: a list is joined with commas, otherwise it is a mistake."""

    joins: bool = False
    type: pa.DataType = field(default=pa.string(), init=False)

    def one(self, value: Any, notes: Counter[str]) -> str | None:
        if value is None:
            return None
        if self.joins and isinstance(value, list | tuple):
            parts = [self.one(entry, notes) for entry in value]
            return ", ".join(part for part in parts if part) or None
        written = _as_text(value)
        text, had_html = clean_text(written)
        notes["html"] += had_html
        notes["broken"] += "\ufffd" in text and "\ufffd" not in written
        return text or None

    def fast(self, array: pa.Array) -> tuple[pa.Array, pa.Array] | None:
        if self.joins and pa.types.is_list(array.type) and is_text(array.type.value_type):
            entries = pc.fill_null(pc.match_substring_regex(array.flatten(), SUSPECT), True)
            entries = pc.or_(entries, pc.equal(pc.fill_null(array.flatten(), ""), ""))
            odd = np.zeros(len(array), dtype=bool)
            odd[pc.list_parent_indices(array).filter(entries).to_numpy()] = True
            left = pa.array(odd)
            texts = pc.binary_join(array, ", ").cast(pa.string())
        elif is_text(array.type):
            texts = array.cast(pa.string())
            left = pc.match_substring_regex(texts, SUSPECT)
        elif pa.types.is_integer(array.type):
            return array.cast(pa.string()), no_rows(array)
        else:
            return None
        return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts), left


@dataclass(frozen=True)
class AsTopics:
    """A list of words without repetitions; a text is split at `separator`."""

    separator: str | None = ","
    type: pa.DataType = field(default=pa.list_(pa.string()), init=False)

    def one(self, value: Any, notes: Counter[str]) -> list[str] | None:
        if value is None:
            return None
        entries = list(value) if isinstance(value, list | tuple) else [_as_text(value)]
        if self.separator is not None and not isinstance(value, list | tuple):
            entries = entries[0].split(self.separator)
        words = [AsText().one(entry, notes) for entry in entries]
        return list(dict.fromkeys(word for word in words if word))

    def fast(self, array: pa.Array) -> tuple[pa.Array, pa.Array] | None:
        if is_text(array.type) and self.separator is not None:
            array = pc.split_pattern(array.cast(pa.string()), self.separator)
        elif not (pa.types.is_list(array.type) and is_text(array.type.value_type)):
            return None
        words = pc.utf8_trim(array.flatten().cast(pa.string()), " ").dictionary_encode()
        rows = pc.list_parent_indices(array).to_numpy()
        codes = pc.fill_null(words.indices, -1).to_numpy()
        known = words.dictionary
        suspect = np.append(pc.match_substring_regex(known, SUSPECT).to_numpy(zero_copy_only=False), False)
        filled = np.append(pc.not_equal(known, "").to_numpy(zero_copy_only=False), False)[codes]
        first = np.zeros(len(codes), dtype=bool)
        first[np.unique(rows.astype(np.int64) * (len(known) + 1) + codes, return_index=True)[1]] = True
        keep = filled & first
        offsets = np.concatenate(([0], np.cumsum(np.bincount(rows[keep], minlength=len(array))))).astype(np.int32)
        nothing = pc.is_null(array) if array.null_count else None
        lists = pa.ListArray.from_arrays(pa.array(offsets), known.take(pa.array(codes[keep])), mask=nothing)
        left = np.zeros(len(array), dtype=bool)
        left[rows[suspect[codes]]] = True
        return lists, pa.array(left)


@dataclass(frozen=True)
class AsNumber:
    """A finite number, or a text that is one."""

    type: pa.DataType = field(default=pa.float64(), init=False)

    def one(self, value: Any, notes: Counter[str]) -> float | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError(f"expected a number, got {described(value)}")
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"expected a number, got {value!r:.60}")
        return number

    def fast(self, array: pa.Array) -> tuple[pa.Array, pa.Array] | None:
        if pa.types.is_integer(array.type):
            return array.cast(pa.float64(), safe=False), no_rows(array)
        if pa.types.is_floating(array.type):
            numbers = array.cast(pa.float64())
            return numbers, pc.invert(pc.is_finite(numbers))
        if not is_text(array.type):
            return None
        texts = array.cast(pa.string())
        regular = pc.match_substring_regex(texts, _NUMBER)
        kept = pc.utf8_trim(pc.if_else(regular, texts, pa.scalar(None, pa.string())), " ")
        return kept.cast(pa.float64()), pc.invert(regular)
