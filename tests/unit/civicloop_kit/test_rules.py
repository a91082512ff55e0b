"""What no code of ours may say: the ways in which Kafka's client loses records.

`ack()` and `commit()` without positions commit everything fetched, saved or not; a subscriber
without parser, decoder, `earliest` and MANUAL dies of a header, starts at the end, or acknowledges
what failed. `asyncio.wait_for` swallows a cancellation that comes together with its result (Python
3.11): a process that is told to stop would wait for ever.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NEEDED = {"parser", "decoder", "auto_offset_reset", "ack_policy", "batch", "group_instance_id"}

GOOD = (
    "broker.subscriber('t', batch=True, parser=p, decoder=d, group_instance_id='i',"
    " auto_offset_reset='earliest', ack_policy=AckPolicy.MANUAL)"
)


def faults(source: str) -> list[str]:
    """Return what a source must not say, with its line."""
    return [fault for node in ast.walk(ast.parse(source)) for fault in _faults_of(node)]


def _faults_of(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    name, given = node.func.attr, {word.arg: word.value for word in node.keywords}
    if name == "wait_for" and ast.unparse(node.func.value) == "asyncio":
        yield f"{node.lineno}: asyncio.wait_for, which loses a cancellation: asyncio.timeout"
    if name in ("ack", "nack"):
        yield f"{node.lineno}: .{name}()"
    if name == "commit" and not node.args and _is_consumer(node.func.value):
        yield f"{node.lineno}: commit() without positions"
    if name == "subscriber":
        if missing := NEEDED - given.keys():
            yield f"{node.lineno}: subscriber without {', '.join(sorted(missing))}"
        if ast.unparse(given.get("auto_offset_reset", ast.Constant("earliest"))) != "'earliest'":
            yield f"{node.lineno}: subscriber that does not start at the beginning"
        if not ast.unparse(given.get("ack_policy", ast.Name("MANUAL"))).endswith("MANUAL"):
            yield f"{node.lineno}: subscriber that acknowledges by itself"


def _is_consumer(node: ast.expr) -> bool:
    return "consumer" in ast.unparse(node)


@pytest.mark.parametrize(
    "path",
    sorted([*ROOT.glob("shared/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]),
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_no_code_of_ours_commits_what_is_not_saved(path: Path) -> None:
    """Every module of kit and rooms."""
    assert faults(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "message.ack()",
        "await message.nack()",
        "consumer.commit()",
        "await asyncio.wait_for(step(), 1)",
        "broker.subscriber('t')",
        GOOD.replace("earliest", "latest"),
        GOOD.replace("MANUAL", "ACK"),
        GOOD.replace("batch=True, ", ""),
    ],
)
def test_each_forbidden_call_is_found(source: str) -> None:
    """A rule that cannot fail is no rule."""
    assert faults(source)


def test_a_subscriber_as_it_should_be_is_allowed() -> None:
    """The one that the kit has."""
    assert not faults(GOOD)
    assert not faults("consumer.commit({place: 1})")
