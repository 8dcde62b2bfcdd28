"""docs/data-map.md says of every column what it is, why, how long and for whom; this holds the page to the schema."""

from __future__ import annotations

import re
from pathlib import Path

from navigation.retention import Retention
from navigation.store.models.base import Base
from navigation.store.opening import SqlStore

PAGE = (Path(__file__).parents[1] / "docs" / "data-map.md").read_text(encoding="utf-8")
CLASSES = {"patient", "personal", "pseudonymous", "secret-hash", "technical"}
ROW = re.compile(r"^\| `(\w+)` \| ((?:`\w+`(?:, )?)+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def part(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def names(title: str) -> set[str]:
    return set(re.findall(r"^\| ([a-z ]+) \| ", part(title), re.MULTILINE)) - {"name"}


def columns(listed: str) -> list[str]:
    return listed[1:-1].split("`, `")


def test_every_column_of_the_schema_stands_in_the_data_map_once_and_no_other_does() -> None:
    assert SqlStore, "its parts define every table"
    said = [(table, column) for table, listed, *_ in ROW.findall(part("Columns")) for column in columns(listed)]
    there = [(table.name, column.name) for table in Base.metadata.sorted_tables for column in table.columns]
    assert len(there) > 400
    assert sorted(said) == sorted(there)


def test_every_column_has_a_class_a_reason_a_time_and_readers_that_the_page_explains() -> None:
    rows = ROW.findall(part("Columns"))
    assert {kind for _, _, kind, *_ in rows} == CLASSES
    assert all(len(reason) > 3 for _, _, _, reason, *_ in rows)
    assert {kept for *_, kept, _ in rows} == names("How long")
    assert {who for *_, who in rows} == names("Who sees it")


def test_secrets_are_called_secrets() -> None:
    hashes = {
        (table, column)
        for table, listed, kind, *_ in ROW.findall(part("Columns"))
        for column in columns(listed)
        if kind == "secret-hash"
    }
    named = re.compile(r"secret_hash|password_hash|code_hash|token_hash|sealed")
    there = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if named.match(column.name)
    }
    assert hashes == there


def test_the_settings_that_are_named_with_their_days_are_those_in_force() -> None:
    kept = Retention()
    for name, days in re.findall(r"`NAVCONSOLE_KEEP_(\w+)_DAYS` \((\d+)", part("How long")):
        assert getattr(kept, name.lower()) == int(days)
