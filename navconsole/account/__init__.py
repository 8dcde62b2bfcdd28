"""One's own account: password, second factor, sessions."""

from navconsole.account.views import blueprint

__all__ = ["blueprint"]
