"""Workers of a Dask cluster, by its scheduler's address.

Dask sends functions and values as pickles, both ways, and its scheduler takes them from whoever reaches its port: the
cluster is trusted as this machine is. What is sent to it must not print what it holds, since workers log what fails.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from typing import Any, Final, TypeVar

from navconsole.i18n import mark as _
from navconsole.workers import WorkerLostError, WorkersError

Result = TypeVar("Result")

ANSWER_S: Final = 10.0
ASKED_EVERY_S: Final = 5.0
_ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:.]+\]|[\w.-]+):([0-9]{1,5})", re.ASCII)

NOT_AN_ADDRESS = _(
    "{address} is no address of a Dask scheduler. Write it as tcp://host:port, or tls://host:port for a cluster with "
    "certificates."
)
NOT_INSTALLED = _("Dask is not installed here. Install it with: pip install 'navconsole[dask]'")
NO_ANSWER = _(
    "The Dask scheduler at {address} did not answer within 10 seconds. Check that it runs, that the address is the one "
    "it printed at its start, and that no firewall is between; nothing was replayed."
)
NO_WORKER = _("The Dask scheduler at {address} has no worker. Start some (dask worker {address}) and try again.")
NOT_ASKED = _(
    "A worker of the Dask cluster could not be asked what it runs ({why}). navconsole must be installed there, in this "
    "version."
)
LOST = _(
    "The Dask scheduler at {address} is gone, or let go of the work. What was done until then is kept; go on with the "
    "replay when it is back."
)


class Cluster:
    """The workers of one cluster; those that join or leave meanwhile do so by themselves."""

    def __init__(self, address: str) -> None:
        """Raises WorkersError when the address is none, Dask is not installed, or nothing answers in 10 seconds."""
        found = _ADDRESS.fullmatch(address)
        if found is None or not 0 < int(found[3]) < 65536:
            raise WorkersError(NOT_AN_ADDRESS, address=address)
        try:
            import distributed
        except ImportError as err:
            raise WorkersError(NOT_INSTALLED) from err
        self._address = address
        self._width = 1
        self._asked_again_at = 0.0
        try:
            connect: Any = distributed.Client
            self._client: Any = connect(address, timeout=ANSWER_S, set_as_default=False, name="navconsole")
        except (OSError, TimeoutError, ValueError, TypeError) as err:  # TypeError: tls:// without certificates
            raise WorkersError(NO_ANSWER, address=address) from err
        self._executor = self._client.get_executor(retries=0)
        try:
            self._client.wait_for_workers(1, timeout=ANSWER_S)
        except (OSError, TimeoutError) as err:
            self.close()
            raise WorkersError(NO_WORKER, address=address) from err

    @property
    def width(self) -> int:
        """Threads of all workers; 1 while there is none, so that work waits for the first. Asked every few seconds.

        Raises WorkersError when the scheduler is gone.
        """
        now = time.monotonic()
        if now >= self._asked_again_at:
            try:
                self._width = max(1, sum(int(count) for count in self._client.nthreads().values()))
            except OSError as err:
                raise WorkersError(LOST, address=self._address) from err
            self._asked_again_at = now + ASKED_EVERY_S
        return self._width

    def submit(self, work: Callable[..., Result], /, *args: Any) -> Future[Result]:
        """The future raises WorkerLostError for work that ended several workers, WorkersError when the cluster is gone.

        Work in the hands of a worker that dies is given to another by the scheduler.
        """
        outer: Future[Result] = Future()
        self._executor.submit(work, *args).add_done_callback(lambda inner: self._settle(outer, inner))
        return outer

    def ask(self, question: Callable[..., Result], *args: Any) -> Sequence[tuple[str, Result]]:
        try:
            return sorted(dict(self._client.run(question, *args)).items())
        except WorkersError:
            raise
        except Exception as err:
            raise WorkersError(NOT_ASKED, why=type(err).__name__) from err

    def close(self) -> None:
        self._client.close(timeout=ANSWER_S)

    def _settle(self, outer: Future[Result], inner: Future[Result]) -> None:
        from distributed.scheduler import KilledWorker

        try:
            outer.set_result(inner.result())
        except KilledWorker as err:
            outer.set_exception(WorkerLostError(str(type(err).__name__)))
        except CancelledError:
            outer.set_exception(WorkersError(LOST, address=self._address))
        except Exception as err:  # noqa: BLE001 as an executor does: whoever asks for the result gets it
            outer.set_exception(err)
