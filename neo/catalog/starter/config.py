"""How large a world is, and when it ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from pydantic import Field, model_validator

from neo.catalog.strict import Strict

DAY = 86_400


class WorldConfig(Strict):
    """Everything that a generated world depends on. The same values give the same world on one version of NumPy."""

    seed: int = Field(default=0, ge=0)
    shows: int = Field(default=500, ge=5, le=32_767)  # int16 in state.py
    episodes: int = Field(default=5_000, ge=15)
    audiobooks: int = Field(default=500, ge=5)
    listeners: int = Field(default=5_000, ge=1)
    days: int = Field(default=150, ge=21, description="length of the simulated period")
    horizon_days: int = Field(default=7, ge=1, description="length of the validation window and of the test window")
    events_per_listener: float = Field(
        default=72.0, gt=0, description="mean, of listeners present for the whole period"
    )
    searches_per_listener: float = Field(default=8.0, ge=0)
    last_day: date = Field(default=date(2026, 2, 28), description="the last simulated day")

    @model_validator(mode="after")
    def _fits(self) -> WorldConfig:
        if 3 * self.horizon_days > self.days:
            raise ValueError(
                f"two windows of {self.horizon_days} days leave no history in {self.days} days, use more days"
            )
        if not 3 * self.shows <= self.episodes <= 60 * self.shows:
            raise ValueError(f"{self.episodes} episodes for {self.shows} shows: a show has 3 to 60 episodes")
        return self

    @property
    def first_day(self) -> date:
        return self.last_day - timedelta(days=self.days - 1)

    @property
    def start(self) -> int:
        """The first simulated second (UTC)."""
        return int(datetime(*self.first_day.timetuple()[:3], tzinfo=UTC).timestamp())

    @property
    def end(self) -> int:
        """The second after the last simulated one (UTC)."""
        return self.start + self.days * DAY

    @property
    def cuts(self) -> dict[str, int]:
        """The second at which each window begins; what lies before it is history."""
        horizon = self.horizon_days * DAY
        return {"validation": self.end - 2 * horizon, "test": self.end - horizon}
