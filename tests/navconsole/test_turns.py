"""So many requests work at once, and beside them so many connections only wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from flask import Flask, request
from waitress.server import create_server

from navconsole.admission import BusyError
from navconsole.serving import AT_ONCE, HELD, MAX_CONNECTIONS, THREADS
from navconsole.turns import Turns, turn_of


class Shop:
    """A small application: "/work" works until it is told to end, "/wait" waits as long."""

    def __init__(self) -> None:
        self.app = Flask("shop")
        self.end = threading.Event()
        self.inside = 0
        self.app.add_url_rule("/work", view_func=self.work)
        self.app.add_url_rule("/wait", view_func=self.wait)
        self.app.add_url_rule("/now", view_func=lambda: "now")
        self.app.add_url_rule("/fault", view_func=self.fault)

    def work(self) -> str:
        self.inside += 1
        self.end.wait(20)
        return "done"

    def wait(self) -> Any:
        try:
            with turn_of(request).waiting():
                self.inside += 1
                self.end.wait(20)
        except BusyError:
            return "busy", 503
        return "done"

    def fault(self) -> str:
        with turn_of(request).waiting():
            raise KeyError


@contextmanager
def served(shop: Shop, *, at_once: int, held: int) -> Iterator[str]:
    app = Turns(shop.app, at_once=at_once, held=held)
    server = create_server(app, host="127.0.0.1", port=0, threads=at_once + held)
    over = threading.Event()

    def answer() -> None:
        while not over.is_set():
            server.asyncore.loop(timeout=0.05, map=server._map, count=1)
        server.task_dispatcher.shutdown()
        for channel in list(server.active_channels.values()):
            channel.handle_close()
        server.close()

    thread = threading.Thread(target=answer)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    over.set()
    thread.join()


def in_background(url: str, number: int) -> tuple[list[threading.Thread], list[int]]:
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(httpx.get(url, timeout=30).status_code)) for _ in range(number)
    ]
    for thread in threads:
        thread.start()
    return threads, statuses


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_held_connections_keep_nobody_from_working_and_one_too_many_hears_so() -> None:
    shop = Shop()
    with served(shop, at_once=1, held=3) as url:
        threads, statuses = in_background(f"{url}/wait", 3)
        until(lambda: shop.inside == 3)
        assert httpx.get(f"{url}/now").text == "now"
        assert httpx.get(f"{url}/wait").status_code == 503
        shop.end.set()
        for thread in threads:
            thread.join()
        assert statuses == [200] * 3
        assert httpx.get(f"{url}/wait").status_code == 200


def test_no_more_work_at_once_than_may_be() -> None:
    shop = Shop()
    with served(shop, at_once=2, held=4) as url:
        threads, statuses = in_background(f"{url}/work", 5)
        until(lambda: shop.inside == 2)
        time.sleep(0.3)
        assert shop.inside == 2
        shop.end.set()
        for thread in threads:
            thread.join()
        assert statuses == [200] * 5


def test_a_fault_gives_the_turn_back() -> None:
    shop = Shop()
    with served(shop, at_once=1, held=1) as url:
        for _ in range(3):
            assert httpx.get(f"{url}/fault").status_code == 500
        assert httpx.get(f"{url}/now").text == "now"


def test_where_no_server_counts_one_waits_all_the_same() -> None:
    shop = Shop()
    shop.end.set()
    assert shop.app.test_client().get("/wait").text == "done"


@pytest.mark.parametrize("number", [THREADS, MAX_CONNECTIONS])
def test_the_server_has_room_for_all_of_them(number: int) -> None:
    assert number >= AT_ONCE + HELD
