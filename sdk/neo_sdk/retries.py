"""Which failures are tried again, and after how long. The same rules as OpenAI's client."""

from __future__ import annotations

import datetime as dt
import email.utils
import random
from collections.abc import Mapping

RETRIED = (408, 409, 429)  # and 500 and above
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds; each pause is twice the one before
JITTER = 0.25  # of a pause, at most, is left out by chance, so that clients do not come back all at once
MOST_ASKED_FOR = 120.0  # seconds; a server that asks for more is not waited for that long


def worth_another_try(status: int, headers: Mapping[str, str]) -> bool:
    """Whether a refused request may succeed later; the server's own word, where it gives one, decides."""
    match headers.get("x-should-retry"):
        case "true":
            return True
        case "false":
            return False
    return status in RETRIED or status >= 500


def pause(tries: int, headers: Mapping[str, str] | None) -> float:
    """Seconds before the next try, after `tries` failed ones. headers: of the refusal, None where no answer came."""
    asked = None if headers is None else _asked_for(headers.get("retry-after"))
    if asked is not None and 0 <= asked <= MOST_ASKED_FOR:
        return asked
    doubled = min(FIRST_PAUSE * 2.0 ** min(tries - 1, 10), LONGEST_PAUSE)
    return doubled * (1 - JITTER * random.random())


def _asked_for(value: str | None) -> float | None:
    """Retry-After in seconds: a number, or a date from which on the server is ready."""
    if value is None:
        return None
    try:
        return float(value)
    except ValueError:
        pass
    try:
        ready = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if ready.tzinfo is None:  # "-0000" says that the zone is not known; the standard has none but UTC
        ready = ready.replace(tzinfo=dt.UTC)
    return max(0.0, (ready - dt.datetime.now(dt.UTC)).total_seconds())
