"""Whether the service manager and the server itself say that it runs."""

from __future__ import annotations

import shutil
import subprocess
import time

import httpx

TIMEOUT_S = 10.0
EVERY_S = 0.5


def is_active(unit: str) -> bool | None:
    """Whether systemd runs the unit; None where there is no systemd."""
    if shutil.which("systemctl") is None:
        return None
    done = subprocess.run(
        ["systemctl", "is-active", "--quiet", "--", unit], timeout=TIMEOUT_S, check=False, capture_output=True
    )
    return done.returncode == 0


def health(url: str, *, wait_s: float) -> dict[str, str] | None:
    """What `/health` answers within `wait_s` seconds; None when it gives no good answer."""
    until = time.monotonic() + wait_s
    while True:
        try:
            answer = httpx.get(f"{url.rstrip('/')}/health", timeout=TIMEOUT_S, trust_env=False)
            if answer.status_code == 200 and answer.json().get("status") == "ok":
                return dict(answer.json())
        except (httpx.HTTPError, ValueError):
            pass
        if time.monotonic() >= until:
            return None
        time.sleep(EVERY_S)
