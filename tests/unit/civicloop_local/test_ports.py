"""Ports: free, distinct, remembered."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from civicloop_local.layout import Layout
from civicloop_local.ports import HOST, answers, is_free, recorded_ports, take_ports

if TYPE_CHECKING:
    from pathlib import Path


def _layout(tmp_path: Path) -> Layout:
    return Layout(home=tmp_path, cache=tmp_path / "cache")


def test_ports_are_distinct_and_recorded(tmp_path: Path) -> None:
    """What is taken can be read back by others."""
    ports = take_ports(_layout(tmp_path), ("a", "b", "c"))
    assert len(set(ports.values())) == 3
    assert recorded_ports(_layout(tmp_path)) == ports


def test_a_recorded_port_is_taken_again(tmp_path: Path) -> None:
    """An address stays the same over restarts."""
    first = take_ports(_layout(tmp_path), ("a", "b"))
    assert take_ports(_layout(tmp_path), ("a", "b")) == first


def test_a_port_lost_to_somebody_else_is_replaced(tmp_path: Path) -> None:
    """Only the lost one changes."""
    first = take_ports(_layout(tmp_path), ("a", "b"))
    with socket.socket() as other:
        other.bind((HOST, first["a"]))
        other.listen()
        assert not is_free(first["a"])
        assert answers(first["a"])
        second = take_ports(_layout(tmp_path), ("a", "b"))
    assert second["a"] != first["a"]
    assert second["b"] == first["b"]


def test_nothing_answers_on_a_free_port(tmp_path: Path) -> None:
    """A free port is one where nobody listens."""
    port = take_ports(_layout(tmp_path), ("a",))["a"]
    assert is_free(port)
    assert not answers(port)
