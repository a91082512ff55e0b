"""For tests: a clock to set, a bench without IO, protections to take away."""

from civicloop_kit.testing.bench import RoomBench
from civicloop_kit.testing.clock import FakeClock
from civicloop_kit.testing.damage import PROTECTIONS, without

__all__ = ["PROTECTIONS", "FakeClock", "RoomBench", "without"]
