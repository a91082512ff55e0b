"""A service's own token, in a private file that is replaced long before the token ends.

The service holds no key to sign with: it reads the file again whenever it calls (docs/adr/0016).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from civicloop_local.files import write_private
from civicloop_local.tokens import make_token

if TYPE_CHECKING:
    from pathlib import Path

    from civicloop_local.credentials import Credentials

TOKEN_HOURS: Final = 1.0
# A third of its life: two renewals may fail before anybody notices.
RENEW_AFTER_S: Final = 20 * 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFile:
    """The file; `subject` is the service that the token names."""

    path: Path
    credentials: Credentials
    subject: str
    hours: float = TOKEN_HOURS

    def write(self) -> None:
        """Put a fresh token there."""
        token = make_token(self.credentials, role="service", subject=self.subject, hours=self.hours)
        write_private(self.path, token)

    def renew(self) -> None:
        """Put a fresh token there unless the last one is young."""
        if not self._is_young():
            self.write()

    def _is_young(self) -> bool:
        try:
            age_s = time.time() - self.path.stat().st_mtime
        except FileNotFoundError:
            return False
        # A file of the future was written before the clock was set back.
        return 0 <= age_s < RENEW_AFTER_S
