"""How long a piece of work takes, for tests of how its time grows with its input."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def processor_s(work: Callable[[], object], best_of: int = 3) -> float:
    """The least processor time of this thread, in seconds, that the work took in some tries.

    What else the process does is not counted: threads of the model, or a collection of the rubbish of every test before
    this one, which takes longer than the work.
    """
    gc.collect()
    gc.disable()
    try:
        return min(_once(work) for _ in range(best_of))
    finally:
        gc.enable()


def _once(work: Callable[[], object]) -> float:
    started = time.thread_time()
    work()
    return time.thread_time() - started
