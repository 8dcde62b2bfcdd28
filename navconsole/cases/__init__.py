"""Cases: chosen from labels, gathered in sets, exported as fixtures, brought in from files, re-opened by red runs."""

from navconsole.cases.views import blueprint
from navconsole.later import later

__all__ = ["blueprint"]

EXPORTS = (
    ("/exports", "GET", "exports"),
    ("/exports", "POST", "ask"),
    ("/exports/unmasked", "POST", "ask_unmasked"),
    ("/exports/<export_id>", "GET", "export"),
    ("/exports/<export_id>/images/<picture_id>.png", "GET", "export_picture"),
    ("/exports/<export_id>/make", "POST", "make"),
    ("/exports/<export_id>/file", "GET", "export_file"),
    ("/exports/<export_id>/remove", "POST", "remove_export"),
)

for _rule, _method, _name in EXPORTS:
    blueprint.add_url_rule(_rule, _name, later("navconsole.cases.export_views", _name), methods=[_method])
