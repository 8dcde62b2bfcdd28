"""The dashboard: rates over time, drift, slow stages, what waits for one."""

from navconsole.dashboard.views import blueprint

__all__ = ["blueprint"]
