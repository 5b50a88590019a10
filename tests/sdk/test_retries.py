from __future__ import annotations

import datetime as dt
import email.utils

import pytest

from neo_sdk import retries
from neo_sdk.retries import pause, worth_another_try


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(status: int) -> None:
    assert worth_another_try(status, {})
    assert not worth_another_try(status, {"x-should-retry": "false"})


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 405, 413, 415, 422])
def test_what_stays_is_not(status: int) -> None:
    assert not worth_another_try(status, {})
    assert worth_another_try(status, {"x-should-retry": "true"})
    assert not worth_another_try(status, {"x-should-retry": "perhaps"})


def test_pauses_double_up_to_eight_seconds_and_vary_by_a_quarter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries.random, "random", lambda: 0.0)
    assert [pause(tries, None) for tries in range(1, 8)] == [0.5, 1, 2, 4, 8, 8, 8]
    monkeypatch.setattr(retries.random, "random", lambda: 1.0)
    assert [pause(tries, {}) for tries in (1, 5, 5000)] == [0.375, 6, 6]


@pytest.mark.parametrize(("value", "seconds"), [("0", 0), ("7", 7), ("1.5", 1.5), ("120", 120)])
def test_the_servers_wish_is_followed(value: str, seconds: float) -> None:
    assert pause(1, {"retry-after": value}) == seconds


def test_the_servers_wish_may_be_a_date() -> None:
    now = dt.datetime.now(dt.UTC)
    asked = [pause(1, {"retry-after": email.utils.format_datetime(now + dt.timedelta(seconds=s))}) for s in (60, -60)]
    assert 50 < asked[0] <= 60 and asked[1] == 0


@pytest.mark.parametrize("value", ["121", "-1", "nan", "inf", "soon", "", "Thu, 99 Foo 2020 99:99:99 GMT"])
def test_a_wish_that_is_none_is_passed_over(value: str) -> None:
    assert 0.375 <= pause(1, {"retry-after": value}) <= 0.5
