"""Asking a vision model where something is, over the OpenAI-compatible chat API (vLLM, Ollama, llama.cpp).

The only request in which a picture leaves for another machine: to the one address of the settings, the picture inside
the request, no redirect followed, no proxy or key taken from the environment, the answer bounded in size and time.
What it proposes is never pressed on its word alone.
"""

from __future__ import annotations

import base64
import logging
import random
import threading
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

import cv2
import httpx

from navigation.circuit import Circuit
from navigation.deadline import Deadline
from navigation.errors import SettingsError, VlmError, VlmInvalidError, VlmUnavailableError
from navigation.outgoing import certificates, cut_at, is_address, is_in_clear
from navigation.protocols import RgbImage
from navigation.settings import VlmSettings
from navigation.types import Size
from navigation.vlm_answer import reply_text
from navigation.vlm_asking import AskingVlm
from navigation.vlm_question import Question

log = logging.getLogger(__name__)

MAX_REPLY_BYTES = 1024 * 1024
_MAX_TRIES = 2
_MAX_WAIT_S = 10.0
_CONNECT_S = 3.0
_REPLY_TOKENS = 200
_LEFT_BEHIND_S = 0.2  # for a call that ends by itself at the deadline to say so
_MAX_LEFT_BEHIND = 4  # calls under way at once, those that sit in a look-up nobody can end included

_Posted = tuple[int, bytearray, str]


class HttpVlm(AskingVlm):
    """Asks the model over HTTP. Safe to share between threads; `close` it at the end."""

    def __init__(self, settings: VlmSettings, *, circuit: Circuit | None = None) -> None:
        """Raises SettingsError when the address or the model's name cannot be used. Sends nothing."""
        super().__init__(settings)
        self._url = _endpoint(settings)
        if not settings.model:
            raise SettingsError("RPA_VLM_MODEL", "name the model that the address serves")
        self._circuit = circuit or Circuit(limit=3, rest_s=30.0)
        self._was_refusal_said = False
        self._left_behind = threading.BoundedSemaphore(_MAX_LEFT_BEHIND)
        self._client = httpx.Client(
            headers={
                "Accept-Encoding": "identity",
                **({"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}),
            },
            follow_redirects=False,
            trust_env=False,
            verify=certificates(settings.ca_file, "RPA_VLM_CA_FILE"),
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    @property
    def is_available(self) -> bool:
        """False while the model is left alone after failures."""
        return not self._circuit.is_open

    def ask(self, rgb: RgbImage, question: Question, *, deadline: Deadline) -> str:
        """See `AskingVlm.ask`. While the model fails, refuses within a millisecond (see `Circuit`)."""
        deadline = deadline.capped(self._settings.timeout_s)
        if self._circuit.try_enter():
            raise VlmUnavailableError("it failed several times and is left alone for half a minute")
        try:
            text = self._reply(self._payload(rgb, question), deadline)
        except VlmInvalidError:
            self._circuit.succeeded()  # it answers; what it answers is another matter
            raise
        except BaseException:
            if self._circuit.failed():
                log.warning("vision model left alone for a while")
            raise
        self._circuit.succeeded()
        return text

    def close(self) -> None:
        self._client.close()

    def _reply(self, payload: dict[str, Any], deadline: Deadline) -> str:
        started = time.monotonic()
        for attempt in range(1, _MAX_TRIES + 1):
            status, body, retry_after = self._post_in_time(payload, deadline)
            if status == 200:
                log.info("vision model asked ms=%.0f", (time.monotonic() - started) * 1000)
                return reply_text(body)
            wait_s = _retry_wait(retry_after)
            is_passing = status == 429 or status >= 500
            if not is_passing or attempt == _MAX_TRIES or wait_s > min(_MAX_WAIT_S, deadline.remaining_s):
                raise self._refusal(status)
            time.sleep(wait_s)
        raise AssertionError("unreachable")

    def _payload(self, rgb: RgbImage, question: Question) -> dict[str, Any]:
        content = [
            {"type": "image_url", "image_url": {"url": _data_url(rgb, question.sent)}},
            {"type": "text", "text": question.prompt},
        ]
        return {
            "model": question.model,
            "messages": [{"role": "user", "content": content}],
            "temperature": 0,
            "max_tokens": _REPLY_TOKENS,
            "stream": False,
        }

    def _post_in_time(self, payload: dict[str, Any], deadline: Deadline) -> _Posted:
        """`_post`, left behind at the deadline: nothing ends a look-up of a name that the resolver sits on.

        Those left behind are counted, so that a resolver which never answers costs a few threads and no more.
        """
        if not self._left_behind.acquire(timeout=deadline.remaining_s):
            raise VlmUnavailableError("it took longer than allowed")
        done: SimpleQueue[_Posted | Exception] = SimpleQueue()

        def work() -> None:
            try:
                done.put(self._post(payload, deadline))
            except Exception as err:  # noqa: BLE001 handed to the caller
                done.put(err)
            finally:
                self._left_behind.release()

        threading.Thread(target=work, name="vlm", daemon=True).start()
        try:
            result = done.get(timeout=deadline.remaining_s + _LEFT_BEHIND_S)
        except Empty:
            raise VlmUnavailableError("it took longer than allowed") from None
        if isinstance(result, Exception):
            raise result
        return result

    def _post(self, payload: dict[str, Any], deadline: Deadline) -> _Posted:
        """(status, body of a 200, Retry-After). Raises VlmUnavailableError or VlmInvalidError."""
        left_s = deadline.remaining_s
        if not left_s:
            raise VlmUnavailableError("no time was left to ask it")
        timeout = httpx.Timeout(left_s, connect=min(_CONNECT_S, left_s))
        body = bytearray()
        try:
            with (
                cut_at(deadline) as extensions,
                self._client.stream("POST", self._url, json=payload, timeout=timeout, extensions=extensions) as reply,
            ):
                if reply.status_code != 200:
                    return reply.status_code, body, reply.headers.get("Retry-After", "")
                if reply.headers.get("Content-Encoding", "identity") != "identity":
                    raise VlmInvalidError("its reply is packed, which was not asked for")
                for piece in reply.iter_raw():
                    body += piece
                    if len(body) > MAX_REPLY_BYTES:
                        raise VlmInvalidError("its reply is longer than 1 MB")
        except httpx.HTTPError as err:
            raise VlmUnavailableError(_what_broke(err, deadline)) from err
        if deadline.has_passed:
            raise VlmUnavailableError("it took longer than allowed")
        return 200, body, ""

    def _refusal(self, status: int) -> VlmError:
        if status in (401, 403) and not self._was_refusal_said:
            self._was_refusal_said = True
            log.error("vision model refuses our key status=%d; check RPA_VLM_API_KEY", status)
        if 300 <= status < 400:
            return VlmUnavailableError("it sends to another address, which is not followed")
        log.warning("vision model refused status=%d", status)
        return VlmUnavailableError("it answered with an error")


def _data_url(rgb: RgbImage, sent: Size) -> str:
    resized = cv2.resize(rgb, (sent.width, sent.height), interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".png", cv2.cvtColor(resized, cv2.COLOR_RGB2BGR))
    return "data:image/png;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")


def _endpoint(settings: VlmSettings) -> str:
    """The one address that is ever connected to; in clear only within this machine, unless a setting allows it."""
    if not is_address(settings.base_url):
        raise SettingsError("RPA_VLM_BASE_URL", "must be an address such as http://127.0.0.1:8000/v1, without a name")
    if is_in_clear(settings.base_url) and not settings.allow_http:
        raise SettingsError(
            "RPA_VLM_BASE_URL",
            "screenshots would travel in clear; use https, or set RPA_VLM_ALLOW_HTTP=true for a protected network",
        )
    path = settings.base_url.rstrip("/")
    return f"{path}/chat/completions" if path.endswith("/v1") else f"{path}/v1/chat/completions"


def _retry_wait(header: str) -> float:
    """Seconds to wait before the second try: what the server asks for, else half a second to one."""
    with suppress(ValueError):
        return max(0.0, float(int(header)))
    return 0.5 + random.random() / 2


def _what_broke(err: httpx.HTTPError, deadline: Deadline) -> str:
    if deadline.has_passed or isinstance(err, httpx.TimeoutException):
        return "it took longer than allowed"
    return "it cannot be reached" if isinstance(err, httpx.ConnectError) else "the connection to it broke"
