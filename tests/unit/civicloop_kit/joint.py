"""The small room with a command to several cases at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import structs
from tests.unit.civicloop_kit.counting import Count, Counter, counting_room, on_count

from civicloop_kit.command import CaseCommand, KeyedRequest
from civicloop_kit.room import Decision, Room

SPOILT: Mapping[str, Any] = {"mute": {"facts": (object(),)}, "homeless": {"effects": (object(),)}}


@dataclass(frozen=True, slots=True, kw_only=True)
class CountAll:
    """Count every case; ``hows`` says how each is counted, in their order."""

    hows: tuple[str, ...] = ()


def joint_room() -> Room[Counter]:
    """Return the small room that also counts several cases at once."""
    return replace(counting_room(), on_joint_command={CountAll: on_count_all})


def on_count_all(
    states: Mapping[UUID, Counter], command: CountAll, now: datetime
) -> Mapping[UUID, Decision[Counter]]:
    """Count each, as `on_count` does, or as one of these.

    ``left``: stays as it is. ``mute``: its fact cannot be told. ``homeless``: an effect of it has
    no table.
    """
    hows = command.hows or ("well",) * len(states)
    decided = {}
    for (case_id, state), how in zip(states.items(), hows, strict=True):
        if how == "left":
            continue
        decision = on_count(state, Count(how=how), now)
        decided[case_id] = structs.replace(decision, **SPOILT.get(how, {}))
    return decided


def count_all(case_id: UUID, *others: UUID, key: str | None = None, hows: str = "") -> CaseCommand:
    """Return a command to several cases; the key stands for exactly this request."""
    return CaseCommand(
        case_id=case_id,
        others=others,
        body=CountAll(hows=tuple(hows.split())),
        principal="tester",
        request=None if key is None else KeyedRequest(key=key, target="", digest=hows.encode()),
    )
