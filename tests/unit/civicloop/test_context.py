"""Commands that need a running stack say so in one line."""

from pathlib import Path

import pytest

from civicloop.context import StackContext, stack_context
from civicloop_kit.auth import TokenVerifier
from civicloop_local.credentials import load_credentials
from civicloop_local.errors import StackError
from civicloop_local.layout import Layout
from civicloop_local.tokens import public_key


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A stack of its own that does not run."""
    made = Layout(home=tmp_path, cache=tmp_path)
    made.create()
    return made


def test_a_stack_that_is_down_is_named_with_the_fix(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever needs it."""
    monkeypatch.setenv("CIVICLOOP_HOME", str(layout.home))
    with pytest.raises(StackError, match="run `civicloop up`"):
        stack_context()


def test_a_context_knows_addresses_and_lets_in(layout: Layout) -> None:
    """Each service by its port, the databases as the auditor, tokens for any role."""
    names = ("intake", "router", "department-adapter", "feedback", "kafka", "postgres")
    ports = {name: 20_000 + number for number, name in enumerate(names)}
    credentials = load_credentials(layout)
    context = StackContext(layout=layout, credentials=credentials, ports=ports)
    assert context.intake_url == "http://127.0.0.1:20000"
    assert context.adapter_url == "http://127.0.0.1:20002"
    assert context.auditor_urls["feedback"].startswith("postgresql://auditor:")
    assert context.kafka_settings["bootstrap.servers"] == "127.0.0.1:20004"
    assert context.kafka_settings["sasl.username"] == "auditor"
    assert context.kafka_admin_settings["sasl.username"] == "admin"
    verifier = TokenVerifier(public_key(credentials))
    assert verifier.principal(context.token("department:water")).name == "department:water"
    assert verifier.principal(context.token("verifier", "ann")).name == "ann"
    assert verifier.principal(context.operator_token()).name == "operator"
    with pytest.raises(StackError, match="no role"):
        context.token("mayor")
