"""The engine as a numbered configuration wants it. Asked before each attempt, so that a change counts from the next."""

from __future__ import annotations

import logging

from navigation.configurations import SERVER, Limits, body_of, limits_of
from navigation.engine import Engine
from navigation.errors import SettingsError
from navigation.records import ConfigRecord
from navigation.store.protocol import ConfigStore

log = logging.getLogger(__name__)

AT_START = "settings at start"
"""The reason of an activation that no person made."""


class ConfiguredEngine:
    """One engine for every configuration: they share its readers, its pages and its remembered places.

    At start the limits a person chose last stand, whatever the environment says; readers, language and model are the
    environment's. Together they are the configuration in use, a new number when there was none like it.
    """

    def __init__(self, store: ConfigStore, engine: Engine) -> None:
        self.engine = engine
        self._store = store
        limits = _chosen_limits(store) or Limits.of(engine.settings)
        self._under = {store.ensure_config(body_of(limits.within(engine.settings)), SERVER, AT_START).id: limits}

    def in_use(self) -> tuple[int, Engine]:
        """The number of the configuration in use now, and the engine that decides by it."""
        config = self._store.active_config()
        return config.id, self._by(config)

    def of(self, config_id: int) -> Engine:
        """The engine that decides by this configuration, which has been in use."""
        if config_id in self._under:
            return self.engine.under(self._under[config_id])
        config = self._store.config(config_id)
        assert config is not None, "a foreign key of the attempt"
        return self._by(config)

    def _by(self, config: ConfigRecord) -> Engine:
        if config.id not in self._under:
            self._under[config.id] = limits_of(config.body)
        return self.engine.under(self._under[config.id])


def _chosen_limits(store: ConfigStore) -> Limits | None:
    """The limits of the configuration a person put into use last; None when nobody ever did."""
    chosen = store.chosen_config()
    if chosen is None:
        return None
    try:
        return limits_of(chosen.body)
    except SettingsError as err:  # only by a hand in the database
        log.error("limits of configuration not usable id=%s detail=%s", chosen.id, err.detail)
        return None
