"""The typed query: one line of words and conditions, read into fields and written from them. Pure.

    outcome:ambiguous app:dpi score<0.9 margin>=0.05 label:none target:"Se connecter" since:2026-03-01 "free words"

A condition is a key, a sign and a value; keys are English or French. Anything else is a word to search for. Quotes
keep a text together, and keep what looks like a condition a text; within them a quote is written twice. Fields are
those of the list's address (`navconsole.attempts.forms`); scores are shares of 1 here and per cent there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from navigation.textfold import fold

Kind = Literal["choice", "text", "share", "day", "number", "id"]
Fault = Literal["key", "value", "sign", "share", "day", "number", "quote", "empty", "twice"]


@dataclass(frozen=True, slots=True)
class Key:
    """A key as written, and what else it may be called; `is_many` may be given more than once: any of them."""

    name: str
    kind: Kind
    others: tuple[str, ...]
    is_many: bool = False


KEYS: Final[tuple[Key, ...]] = (
    Key("outcome", "choice", ("issue", "resultat"), is_many=True),
    Key("app", "text", ("application",)),
    Key("screen", "text", ("ecran",)),
    Key("target", "text", ("cible",)),
    Key("method", "choice", ("methode", "by", "par")),
    Key("label", "choice", ("avis",), is_many=True),
    Key("cause", "choice", (), is_many=True),
    Key("reviewer", "text", ("relecteur",)),
    Key("score", "share", ()),
    Key("margin", "share", ("marge",)),
    Key("since", "day", ("depuis", "from", "du")),
    Key("until", "day", ("jusque", "to", "au")),
    Key("config", "number", ("configuration",)),
    Key("group", "number", ("groupe",)),
    Key("run", "id", ("parcours",)),
)
FIELDS: Final[Mapping[str, str]] = {"app": "application"}
"""A key's field in the address, where it is not of the same name."""

Vocabulary = Mapping[str, Mapping[str, str]]
"""For each key of kind "choice": what may be written, folded, and the value it stands for."""

Fields = Mapping[str, Sequence[str]]
"""Values by field; "q" holds the words and texts to search for."""

_BY_NAME: Final = {name: key for key in KEYS for name in (key.name, *key.others)}
_QUOTED: Final = r'"(?:[^"]|"")*"'
_TOKEN: Final = re.compile(rf'(?:{_QUOTED}|[^\s"]|".*$)+', re.DOTALL)
_CONDITION: Final = re.compile(rf'([^\W\d_]+)(:|<=|>=|<|>|=)({_QUOTED}|[^\s"]*)', re.DOTALL)
_BARE: Final = re.compile(r'[^\s":<>=]+')
_NUMBER: Final = re.compile(r"(\d{1,3}(?:[.,]\d{0,10})?|[.,]\d{1,10})(%?)", re.ASCII)
_BOUNDS: Final = {"<": ("_max", "<"), "<=": ("_max", ""), ">": ("_min", ">"), ">=": ("_min", "")}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a word: it stands at `start`:`end` of the line; `allowed` is what may be there instead."""

    start: int
    end: int
    fault: Fault
    key: str = ""
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    fields: Fields
    problems: Sequence[Problem]


class _WrongWordError(Exception):
    def __init__(self, fault: Fault, key: str = "", allowed: Sequence[str] = ()) -> None:
        super().__init__(fault)
        self.fault: Fault = fault
        self.key = key
        self.allowed = tuple(allowed)


def parse_line(line: str, vocabulary: Vocabulary) -> Parsed:
    """The fields that a line sets, and what is wrong with it. Never raises, whatever the text."""
    fields: dict[str, list[str]] = {}
    problems: list[Problem] = []
    for token in _TOKEN.finditer(line):
        try:
            field, value = _read(token[0], vocabulary)
            _add(fields, field, value)
        except _WrongWordError as wrong:
            problems.append(Problem(token.start(), token.end(), wrong.fault, wrong.key, wrong.allowed))
    return Parsed({field: tuple(values) for field, values in fields.items()}, problems)


def write_line(fields: Fields) -> str:
    """The line that sets these fields, conditions first, in the order of `KEYS`."""
    conditions = [word for key in KEYS for word in _written(key, fields)]
    return " ".join([*conditions, *map(quoted, fields.get("q", ()))])


def words_of(text: str) -> tuple[str, ...]:
    """The words and quoted texts of a text, without asking whether they are conditions."""
    found = (_unquoted(token[0]) for token in _TOKEN.finditer(text))
    return tuple(dict.fromkeys(word for word in found if word))


def quoted(text: str) -> str:
    """A text as one word of the line, in quotes unless it cannot be misread without."""
    return text if _BARE.fullmatch(text) else '"' + text.replace('"', '""') + '"'


def _unquoted(word: str) -> str:
    """A word without its quotes; of two within them, one stays."""
    return re.sub(_QUOTED, lambda part: part[0][1:-1].replace('""', '"'), word).strip()


def _read(token: str, vocabulary: Vocabulary) -> tuple[str, str]:
    """The field and the value of one word."""
    if token.count('"') % 2:  # one was opened and not closed
        raise _WrongWordError("quote")
    condition = _CONDITION.fullmatch(token)
    if condition is None:
        text = _unquoted(token)
        if not text:
            raise _WrongWordError("empty")
        return "q", text
    name, sign, value = condition.groups()
    key = _BY_NAME.get(fold(name))
    if key is None:
        raise _WrongWordError("key", name, [known.name for known in KEYS])
    value = _unquoted(value)
    if not value:
        raise _WrongWordError("empty", key.name, sorted(set(vocabulary.get(key.name, {}).values())))
    if key.kind == "share":
        return _bound(key, sign, value)
    if sign not in (":", "="):
        raise _WrongWordError("sign", key.name, (":",))
    return FIELDS.get(key.name, key.name), _valued(key, value, vocabulary)


def _valued(key: Key, value: str, vocabulary: Vocabulary) -> str:
    if key.kind == "choice":
        choices = vocabulary[key.name]
        if fold(value) not in choices:
            raise _WrongWordError("value", key.name, tuple(dict.fromkeys(choices.values())))
        return choices[fold(value)]
    if key.kind == "day" and not _is_day(value):
        raise _WrongWordError("day", key.name)
    if key.kind == "number" and not (value.isascii() and value.isdigit() and len(value) < 10):
        raise _WrongWordError("number", key.name)
    return value


def _bound(key: Key, sign: str, value: str) -> tuple[str, str]:
    """The end of a range in per cent, with its sign when the end itself is not meant."""
    if sign not in _BOUNDS:
        raise _WrongWordError("sign", key.name, tuple(_BOUNDS))
    share = share_of(value)
    if share is None:
        raise _WrongWordError("share", key.name)
    end, exclusive = _BOUNDS[sign]
    return f"{key.name}{end}", f"{exclusive}{plain(share * 100)}"


def share_of(text: str) -> Decimal | None:
    """A share 0..1, written as such or per cent with "%", exactly as written; None when it is not one."""
    number = _NUMBER.fullmatch(text)
    if number is None:
        return None
    share = Decimal(number[1].replace(",", ".")) / (100 if number[2] else 1)
    return share if share <= 1 else None


def plain(number: Decimal) -> str:
    """A decimal number without exponent or needless zeros."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _add(fields: dict[str, list[str]], field: str, value: str) -> None:
    known = fields.setdefault(field, [])
    is_many = field == "q" or (field in _BY_NAME and _BY_NAME[field].is_many)
    if known and not is_many and value not in known:
        raise _WrongWordError("twice", field)
    if value not in known:
        known.append(value)


def _written(key: Key, fields: Fields) -> list[str]:
    if key.kind != "share":
        return [f"{key.name}:{quoted(value)}" for value in fields.get(FIELDS.get(key.name, key.name), ())]
    words = []
    for end, sign in (("_min", ">"), ("_max", "<")):
        for value in fields.get(key.name + end, ()):
            bare = value.lstrip("<>")
            words.append(f"{key.name}{sign}{'' if bare != value else '='}{_share(bare)}")
    return words


def _share(percent: str) -> str:
    return plain(share_of(f"{percent}%") or Decimal(0))


def _is_day(value: str) -> bool:
    try:
        return 2000 <= date.fromisoformat(value).year <= 2200
    except ValueError:
        return False
