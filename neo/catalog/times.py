"""Dates, times and durations of the user's files made ours. See values.py for what `one` and `fast` are."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.values import AsNumber, described, is_text

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY = 86_400
# What Python's datetime can hold.
_FIRST, _LAST = -62_135_596_800, 253_402_300_799
_ISO_SECONDS = r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}:[0-9]{2})?$"
_MAX_SECONDS = 2**31 - 1
_UNITS = {"milliseconds": 0.001, "seconds": 1.0, "minutes": 60.0, "hours": 3600.0}


@dataclass(frozen=True)
class AsSeconds:
    """A date or a time as seconds since 1970 (UTC)."""

    format: str = "auto"
    type: pa.DataType = field(default=pa.int64(), init=False)

    def one(self, value: Any, notes: Counter[str]) -> int | None:
        if value is None or value == "":
            return None
        if isinstance(value, dt.datetime):
            return _seconds(value)
        if isinstance(value, dt.date):
            return (value - _EPOCH.date()).days * _DAY
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError(f"expected a date or time, got {described(value)}")
        try:
            return self._number(float(value)) if not isinstance(value, str) else self._text(value.strip())
        except (ValueError, OverflowError):
            shape = "" if self.format == "auto" else f" of the format {self.format!r}"
            hint = ": set format: epoch where it counts seconds, or year" if shape == "" and _small(value) else ""
            raise ValueError(f"cannot read {value!r} as a date or time{shape}{hint}") from None

    def _text(self, text: str) -> int | None:
        if not text:
            return None
        if "%" in self.format:
            return _seconds(dt.datetime.strptime(text, self.format))
        if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text) and self.format != "iso":
            return self._number(float(text))
        if self.format not in ("auto", "iso"):
            raise ValueError
        if re.fullmatch(r"[0-9]{4}(-[0-9]{2})?", text):
            text += "-01-01" if len(text) == 4 else "-01"
        try:
            return _seconds(dt.datetime.fromisoformat(text))
        except ValueError:
            if self.format == "iso":
                raise
            return _seconds(parsedate_to_datetime(text))

    def _number(self, value: float) -> int:
        looks = self.format
        if looks == "auto":
            looks = _looks(value)
        if looks == "year":
            return _seconds(dt.datetime(_whole(value), 1, 1))
        if looks == "date":
            return _seconds(dt.datetime.strptime(str(_whole(value)), "%Y%m%d"))
        if looks not in ("epoch", "epoch_ms"):
            raise ValueError
        seconds = math.floor(value if looks == "epoch" else value / 1000)
        if not _FIRST <= seconds <= _LAST:
            raise ValueError
        return seconds

    def fast(self, array: pa.Array) -> tuple[pa.Array, pa.Array] | None:
        kind = array.type
        if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
            moments = (
                array.cast(pa.timestamp("s")) if pa.types.is_date(kind) else pc.floor_temporal(array, unit="second")
            )
            seconds = moments.cast(pa.timestamp("s", moments.type.tz)).cast(pa.int64())
            fits = pc.and_(pc.greater_equal(seconds, _FIRST), pc.less_equal(seconds, _LAST))
            return seconds, pc.invert(fits)
        if pa.types.is_integer(kind) and self.format in ("auto", "epoch"):
            seconds = array.cast(pa.int64())
            plain = pc.and_(pc.greater_equal(seconds, 100_000_000), pc.less(seconds, 100_000_000_000))
            return seconds, pc.invert(plain)
        if not (is_text(kind) and self.format in ("auto", "iso")):
            return None
        texts = array.cast(pa.string())
        regular = pc.match_substring_regex(texts, _ISO_SECONDS)
        kept = pc.if_else(regular, texts, pa.scalar(None, pa.string()))
        try:
            return kept.cast(pa.timestamp("s")).cast(pa.int64()), pc.invert(regular)
        except pa.ArrowInvalid:  # somewhere a 30th of February
            return None


def _looks(value: float) -> str:
    """What a number is that nobody named: a counter from 0 or 1 is told on its first row, and not taken for a year."""
    if 1000 <= value < 3000:
        return "year"
    if 1e7 < value < 1e8:
        return "date"
    if 0 <= value <= 1e7:
        raise ValueError
    return "epoch" if abs(value) < 1e11 else "epoch_ms"


def _small(value: float | str) -> bool:
    """Whether it is a number that could be a step, or an early year."""
    try:
        return 0 <= float(value) <= 1e7
    except (ValueError, OverflowError):
        return False


def _whole(value: float) -> int:
    if not value.is_integer():
        raise ValueError
    return int(value)


def _seconds(moment: dt.datetime) -> int:
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return (moment - _EPOCH) // dt.timedelta(seconds=1)


@dataclass(frozen=True)
class AsDuration:
    """A length of time in whole seconds."""

    unit: str = "seconds"
    type: pa.DataType = field(default=pa.int32(), init=False)

    def one(self, value: Any, notes: Counter[str]) -> int | None:
        if value is None:
            return None
        if isinstance(value, dt.timedelta):
            seconds = value.total_seconds()
        elif isinstance(value, str) and re.fullmatch(r"\s*\d+(:[0-5]?\d){1,2}(\.\d+)?\s*", value):
            seconds = 0.0
            for part in value.split(":"):
                seconds = seconds * 60 + float(part)
        else:
            number = AsNumber().one(value, notes)
            if number is None:
                return None
            seconds = number * _UNITS[self.unit]
        if not abs(seconds) <= _MAX_SECONDS:
            raise ValueError(f"the duration {value!r} is too long")
        return round(seconds)

    def fast(self, array: pa.Array) -> tuple[pa.Array, pa.Array] | None:
        quick = AsNumber().fast(array)
        if quick is None:
            return None
        numbers, left = quick
        seconds = pc.round(pc.multiply(numbers.cast(pa.float64()), _UNITS[self.unit]), round_mode="half_to_even")
        fits = pc.fill_null(pc.less_equal(pc.abs(seconds), float(_MAX_SECONDS)), True)
        kept = pc.if_else(fits, seconds, pa.scalar(None, pa.float64()))
        return kept.cast(pa.int32()), pc.or_(pc.fill_null(left, False), pc.invert(fits))
