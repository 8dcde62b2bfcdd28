"""People, what they may do, their sessions, and the log of who did what. For administrators."""

from navconsole.admin.audit_views import add_audit_routes
from navconsole.admin.views import blueprint

add_audit_routes(blueprint)

__all__ = ["blueprint"]
