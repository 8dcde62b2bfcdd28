from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.navconsole.alerts.houses import HookHouse, MailHouse, hook_house, mail_house, make_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def mail(certificate: Path) -> Iterator[MailHouse]:
    """A mail server that insists on STARTTLS and knows one user."""
    with mail_house(certificate) as house:
        yield house


@pytest.fixture
def hook() -> Iterator[HookHouse]:
    with hook_house() as house:
        yield house
