"""Records that nobody should have written: each costs one case or is a dead letter, no more."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from tests.integration.civicloop_kit.world import INTAKE, World, case_in_first_partition, until
from tests.unit.civicloop_kit.counting import attached

from civicloop_contracts.envelope import Envelope
from civicloop_kit.held_reads import HeldReads
from civicloop_kit.operation import Selection
from civicloop_kit.operations import Operations
from civicloop_kit.sealing import Sealer
from civicloop_kit.testing.bench import record_of

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-00"
Raw = tuple[bytes | None, bytes | None, tuple[tuple[str, bytes | None], ...]]


@dataclass(frozen=True, kw_only=True)
class Poison:
    """How a good record is spoilt, and why it is held then."""

    spoil: Callable[[Raw], Raw]
    error: str


def _value(value: bytes | None) -> Callable[[Raw], Raw]:
    return lambda raw: (raw[0], value, raw[2])


def _header(name: str, content: bytes | None) -> Callable[[Raw], Raw]:
    def spoil(raw: Raw) -> Raw:
        kept = tuple(header for header in raw[2] if header[0] != name)
        return raw[0], raw[1], (*kept, (name, content))

    return spoil


def _replaced(text: bytes, by: bytes) -> Callable[[Raw], Raw]:
    return lambda raw: (raw[0], (raw[1] or b"").replace(text, by), raw[2])


POISONS = {
    "invalid JSON": Poison(spoil=_value(b"{"), error="value: json_invalid"),
    "no value": Poison(spoil=_value(None), error="value: json_invalid"),
    "deep nesting": Poison(
        spoil=_value(b'{"case_id":' + b"[" * 20_000), error="value: json_invalid"
    ),
    "NUL": Poison(spoil=_replaced(b"command:", b"command\\u0000:"), error="cause: string_pattern"),
    "lone surrogate": Poison(spoil=_replaced(b'"snap"', b'"\\ud800"'), error="value: json_invalid"),
    "a field is missing": Poison(spoil=_value(b"{}"), error="missing"),
    "a header is not UTF-8": Poison(
        spoil=_header("traceparent", b"\xff\xfe"), error="a header is not UTF-8"
    ),
    "a header has no value": Poison(spoil=_header("ce_type", None), error="ce_type is missing"),
    "no number": Poison(
        spoil=_header("ce_sequence", b"one"), error="ce_source or ce_sequence contradicts ce_id"
    ),
    "another topic's source": Poison(
        spoil=lambda raw: (raw[0], raw[1], _moved(raw)),
        error="ce_source is not the source of this topic",
    ),
    "another case in the value": Poison(
        spoil=lambda raw: (
            raw[0],
            record_of(attached(uuid4()), INTAKE, 1).value,
            raw[2],
        ),
        error="case_id contradicts ce_id",
    ),
}


def _moved(raw: Raw) -> tuple[tuple[str, bytes | None], ...]:
    headers = dict(raw[2])
    source = b"/router/tasks"
    headers["ce_source"] = source
    headers["ce_id"] = (headers["ce_id"] or b"").replace(INTAKE.encode(), source)
    return tuple(headers.items())


def good(case_id: UUID, number: int = 1) -> Raw:
    """Return a record as intake writes it."""
    record = record_of(attached(case_id), INTAKE, number, TRACE)
    return str(case_id).encode(), record.value, record.headers


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS.keys())
async def test_poison_costs_its_case_only(quiet: World, poison: Poison) -> None:
    """A spoilt record is held with its cause; its partition and its neighbours go on."""
    bad, neighbour = case_in_first_partition(), case_in_first_partition()
    async with quiet.assembled() as engine:
        records = [
            _read(quiet, raw, offset)
            for offset, raw in enumerate([poison.spoil(good(bad)), good(bad, 2), good(neighbour)])
        ]
        await engine.batches.apply(records, engine.batches.generation)
        assert engine.batches.positions == {(quiet.topic, 0): 3}
        assert (await quiet.state(engine, neighbour)).told == 1
        assert (await quiet.state(engine, bad)).told == 0
    (reason, error), behind = await quiet.held()
    assert (reason, behind) == ("bug", ("behind", ""))
    assert poison.error in error
    rows = await quiet.rows("SELECT case_id FROM held")
    assert {row["case_id"] for row in rows} == {bad}


async def test_a_type_of_a_newer_release_parks_nobody(quiet: World) -> None:
    """A type that this release does not know advances the sequence."""
    case_id, spoil = uuid4(), _header("ce_type", b"civicloop.case.teleported.v1")
    async with quiet.assembled() as engine:
        records = [_read(quiet, spoil(good(case_id)), 0), _read(quiet, good(case_id, 2), 1)]
        await engine.batches.apply(records, engine.batches.generation)
        state = await quiet.state(engine, case_id)
    assert (state.told, await quiet.held()) == (1, [])


async def test_a_code_of_a_newer_release_parks_its_case_only(quiet: World) -> None:
    """It is held where operators see it, its neighbours go on, and a retry looks at it again."""
    case_id, neighbour, spoil = uuid4(), uuid4(), _replaced(b'"snap"', b'"telepathy"')
    async with quiet.assembled() as engine:
        records = [
            _read(quiet, raw, offset)
            for offset, raw in enumerate([spoil(good(case_id)), good(case_id, 2), good(neighbour)])
        ]
        await engine.batches.apply(records, engine.batches.generation)
        assert (await quiet.state(engine, neighbour)).told == 1
        assert (await quiet.state(engine, case_id)).told == 0
        (cause,) = [group.cause for group in await HeldReads(engine.transactions.database).groups()]
        operation = await Operations(engine.transactions).retry(
            "tester", Selection(case_id=case_id), rate=10
        )
    assert await quiet.held() == [("newer", cause.error), ("behind", "")]
    assert (cause.reason, cause.error) == ("newer", "a newer release's code: channel: enum")
    assert (operation.cases, operation.freed) == (1, 0)


async def test_the_release_that_knows_the_code_applies_what_was_held(quiet: World) -> None:
    """An upgrade and a retry, and the case is where it would have been."""
    case_id, spoil = uuid4(), _replaced(b'"snap"', b'"telepathy"')
    async with quiet.assembled() as engine:
        records = [_read(quiet, spoil(good(case_id)), 0), _read(quiet, good(case_id, 2), 1)]
        await engine.batches.apply(records, engine.batches.generation)
        # What the new release reads in it: the same as the old one reads here.
        known = (good(case_id)[1] or b"").replace(b'"telepathy"', b'"snap"')
        await quiet.execute("UPDATE held SET value = $1 WHERE reason = 'newer'", known)
        selection = Selection(reason="newer")
        operations = Operations(engine.transactions)
        await operations.retry("tester", selection, rate=10)
        while await operations.step():
            pass
        state = await quiet.state(engine, case_id)
    assert (state.told, await quiet.held()) == (2, [])


@pytest.mark.parametrize("key", [b"no case", b"\xff", None, b""])
async def test_a_record_without_a_case_is_a_dead_letter(world: World, key: bytes | None) -> None:
    """Where it was, why, a digest and its trace are told; what it said stays sealed here."""
    value, headers = b"whoever this was about", ((("traceparent", TRACE.encode()),))
    neighbour = uuid4()
    await world.send_raw((key, value, headers))
    await world.send((attached(neighbour), 1))
    async with world.running() as engine:
        await until(lambda: sum(engine.batches.positions.values()) == 2)
        (letter,) = await world.eventually_sent(1, "router.dead-letters")
        assert (await world.state(engine, neighbour)).told == 1
    body = orjson.loads(letter.value)
    assert body["reason"] == "ce_id is missing or is not <source>:<case id>:<sequence>"
    assert (body["topic"], body["offset"]) == (world.topic, 0)
    assert body["digest"] == sha256(value).hexdigest()
    assert dict(letter.headers)["traceparent"].decode() == TRACE
    assert value not in letter.value
    (row,) = await world.rows("SELECT sealed, traceparent FROM dead_letters")
    sealer = Sealer(world.settings.idempotency_key, b"dead-letters")
    assert sealer.unseal(row["sealed"], b"dead-letter") == value
    assert value not in row["sealed"]
    assert row["traceparent"] == TRACE


async def test_poison_on_the_wire_moves_on(world: World) -> None:
    """Read from the real broker, spoilt headers and values do not stop a partition."""
    bad = [case_in_first_partition() for _ in POISONS]
    neighbour = case_in_first_partition()
    spoilt = [
        poison.spoil(good(case_id)) for case_id, poison in zip(bad, POISONS.values(), strict=True)
    ]
    await world.send_raw(*spoilt, good(neighbour))
    async with world.running() as engine:
        await until(lambda: engine.batches.positions.get((world.topic, 0)) == len(bad) + 1)
        assert (await world.state(engine, neighbour)).told == 1
    assert len(await world.held()) == len(bad)


def _read(world: World, raw: Raw, offset: int) -> Any:
    key, value, headers = raw
    envelope = Envelope(source=INTAKE, type="", case_id=uuid4(), sequence=1, traceparent=None)
    written = record_of(attached(envelope.case_id), INTAKE, 1)
    return world.record(written, offset, key=key, value=value, headers=headers)
