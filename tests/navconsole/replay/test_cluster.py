"""Replay over a real Dask scheduler with two workers: the same answers, also when one of them is killed meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from navconsole.replay import bulk
from navconsole.replay.bulk import carry_out
from navconsole.settings import ConsoleSettings
from navconsole.workers import Here, WorkerLostError, WorkersError
from navconsole.workers import cluster as cluster_module
from navconsole.workers.cluster import Cluster
from navigation.engine import Engine
from navigation.settings import Settings
from navigation.store.protocol import Store
from tests.navconsole.replay.clusters import Local, local_cluster
from tests.navconsole.replay.recorded import ANEW, LOOSE, STRICT, asked, other_pictures, replayed, results
from tests.navconsole.test_replay import Robot

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def dask() -> Iterator[Local]:
    with local_cluster() as cluster:
        yield cluster


@pytest.fixture
def cluster(dask: Local, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setattr(cluster_module, "ANSWER_S", 4.0)
    dask.mend()
    workers = Cluster(dask.address)
    yield workers
    workers.close()


def test_a_cluster_gives_what_this_machine_gives(
    recorded: list[str], store: Store, cluster: Cluster, dask: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cluster.width == 2
    assert len(cluster.ask(max, 1, 2)) == 2
    for setting in (LOOSE, STRICT, ANEW):
        here, there = replayed(store, setting), replayed(store, setting, cluster)
        assert results(store, there, recorded) == results(store, here, recorded)
        assert there.counts == here.counts


def test_what_a_worker_read_is_kept_here(recorded: list[str], store: Store, cluster: Cluster) -> None:
    run = replayed(store, replace(ANEW, language="eng"), cluster)
    assert (run.state, run.done, "failures" in run.counts) == ("done", 8, False)
    picture = store.attempt(recorded[0]).start.before_id  # type: ignore[union-attr]
    assert any("eng" in key for key in store.readings_of(picture))


class Watched:
    """A cluster to which something happens once so many works were handed in."""

    def __init__(self, cluster: Cluster, after: int, happen: Callable[[], object]) -> None:
        self.cluster, self.after, self.happen, self.handed = cluster, after, happen, 0

    @property
    def width(self) -> int:
        return self.cluster.width

    def submit(self, work: Callable[..., Any], /, *args: Any) -> Future[Any]:
        future = self.cluster.submit(work, *args)
        self.handed += 1
        if self.handed == self.after:
            self.happen()
        return future

    def ask(self, question: Callable[..., Any], *args: Any) -> Any:
        return self.cluster.ask(question, *args)

    def close(self) -> None:
        self.cluster.close()


def test_a_run_survives_a_worker_that_is_killed(
    store: Store, settings: ConsoleSettings, cluster: Cluster, dask: Local
) -> None:
    robot = Robot(store, Engine(Settings(readers=("tesserocr",))), settings.subkey("patient"))
    ids = [
        robot.send(picture, {"type": "navigate", "target": {"text": "Fermer"}}).start.id
        for picture in other_pictures(6)
    ]
    english = replace(ANEW, language="eng")
    run = carry_out(store, asked(store, english).id, Watched(cluster, 4, dask.workers[0].kill))
    assert dask.workers[0].process.poll() is not None
    assert (run.state, run.done, "failures" in run.counts) == ("done", 6, False)
    assert results(store, run, ids) == results(store, replayed(store, english), ids)


def test_a_scheduler_that_goes_away_is_said_and_the_run_can_be_gone_on_with(
    recorded: list[str], store: Store, cluster: Cluster, dask: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    monkeypatch.setattr(bulk, "_CHUNK", 1)
    monkeypatch.setattr(cluster_module, "ASKED_EVERY_S", 0.0)
    run = asked(store, LOOSE)
    with pytest.raises(WorkersError, match="is gone"):
        carry_out(store, run.id, Watched(cluster, 3, dask.close))
    found = store.replay(run.id)
    assert found is not None
    assert (found.state, found.done < 8) == ("paused", True)
    assert carry_out(store, run.id, Here()).done == 8


def test_work_that_kills_every_worker_is_said_to_have_lost_them(dask: Local, cluster: Cluster) -> None:
    from distributed.scheduler import KilledWorker

    inner: Future[int] = Future()
    outer: Future[int] = Future()
    inner.set_exception(KilledWorker("task", None, 3))  # type: ignore[no-untyped-call, arg-type]
    cluster._settle(outer, inner)
    with pytest.raises(WorkerLostError):
        outer.result()
    assert isinstance(cluster.submit(int, "no number").exception(10), ValueError)


@pytest.mark.parametrize(
    "address",
    ["", "127.0.0.1:8786", "http://127.0.0.1:8786", "tcp://127.0.0.1", "tcp://a b:1", "inproc://1", "tcp://h:0"],
)
def test_only_addresses_of_schedulers_are_taken(address: str) -> None:
    with pytest.raises(WorkersError, match="no address of a Dask scheduler"):
        Cluster(address)


def test_a_scheduler_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "ANSWER_S", 0.5)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound and not listening: refused
        address = f"tcp://127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(WorkersError, match=f"{address} did not answer within 10 seconds"):
            Cluster(address)
