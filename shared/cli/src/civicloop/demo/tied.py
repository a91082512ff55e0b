"""Run a command that ends with the stack: `python -m civicloop.demo.tied simulate …`."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Final

from civicloop.main import main
from civicloop_local import control
from civicloop_local.layout import default_layout

LOOK_EVERY_S: Final = 2.0


def end_with_stack() -> None:
    """Ask this process to stop as soon as the stack is down."""
    layout = default_layout()
    while control.is_up(layout):
        time.sleep(LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=end_with_stack, daemon=True).start()
    main()
