"""A department's journal, as far as it can be told from other files."""

import pytest

from civicloop.audit.journals import Deliveries, JournalError


def test_a_file_that_is_no_journal_is_refused() -> None:
    """It would prove nothing, and look as if it did."""
    with pytest.raises(JournalError, match="without a line of a department"):
        Deliveries().read(["root:x:0:0", '{"event_of": "something"}', "[1]"])
    Deliveries().read([])
