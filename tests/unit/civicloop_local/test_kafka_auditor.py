"""The auditor's rights: to look, and nothing else."""

from civicloop_local.kafka_auditor import auditor_rights
from civicloop_local.services import SERVICES

RIGHTS = auditor_rights(["intake.cases", "router.tasks"], prefix="t1-")


def test_an_auditor_only_looks() -> None:
    """No right of it changes anything."""
    assert {right.operation for right in RIGHTS} == {"READ", "DESCRIBE"}
    assert {right.user for right in RIGHTS} == {"auditor"}


def test_an_auditor_reads_what_it_is_told() -> None:
    """The topics, under their prefix, one by one."""
    read = [r for r in RIGHTS if (r.resource, r.operation) == ("TOPIC", "READ")]
    assert sorted(right.name for right in read) == ["t1-intake.cases", "t1-router.tasks"]
    assert not any(right.by_prefix for right in read)


def test_an_auditor_reads_in_groups_of_its_own() -> None:
    """It sees a service's position, and cannot move it."""
    groups = {(r.name, r.by_prefix) for r in RIGHTS if r.resource == "GROUP"}
    joined = [r for r in RIGHTS if (r.resource, r.operation) == ("GROUP", "READ")]
    assert [(right.name, right.by_prefix) for right in joined] == [("auditor.", True)]
    assert groups == {("auditor.", True), *((f"t1-{s.name}", False) for s in SERVICES)}
