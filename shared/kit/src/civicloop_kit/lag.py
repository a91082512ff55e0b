"""How long what waits has waited, per topic: it grows for as long as nothing moves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

from civicloop_kit.metrics import METRICS

Partition = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """Where a partition stands, how old its newest applied record was then, and since when."""

    position: int
    age_s: float
    since: float


class Lag:
    """The lag of one process in seconds: zero where everything was read.

    A partition that stands still lags as much as its last record did when it was applied, and
    longer with every second since.
    """

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._ages: dict[Partition, float] = {}
        self._marks: dict[Partition, _Mark] = {}
        self._ends: Mapping[Partition, int] = {}

    def applied(self, partition: Partition, age_s: float) -> None:
        """Say how old the newest record was that was just applied."""
        self._ages[partition] = age_s

    def look(
        self, positions: Mapping[Partition, int], ends: Mapping[Partition, int] | None
    ) -> None:
        """Measure; *ends* None: the broker does not say, so what was known of it goes on."""
        self._ends = self._ends if ends is None else ends
        found: dict[str, float] = {}
        for partition, position in positions.items():
            topic, lag = partition[0], self._lag_of(partition, position)
            found[topic] = max(found.get(topic, 0.0), lag)
        for topic, lag in found.items():
            METRICS.lag_seconds.labels(topic).set(lag)

    def _lag_of(self, partition: Partition, position: int) -> float:
        if self._ends.get(partition, 0) <= position:
            self._marks.pop(partition, None)
            return 0.0
        now, mark = self._seconds(), self._marks.get(partition)
        if mark is None or mark.position != position:
            mark = _Mark(position=position, age_s=self._ages.pop(partition, 0.0), since=now)
            self._marks[partition] = mark
        return mark.age_s + now - mark.since
