"""YAML as a tree in which each value knows its line and column. Every scalar stays text: what it means is decided by
who expects it, so "no", "on" and 012 never turn into something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from navigation.late import Late
from navigation.workflows.problems import Place, Problem, harmless

yaml: Any = Late("yaml")

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 12


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file: a text, a list, or names with values. `names` says where each name of a mapping stands."""

    place: Place
    value: str | Sequence[Node] | Mapping[str, Node]
    names: Mapping[str, Place]


class DocumentError(ValueError):
    """The text is no document; `problem` says why and where."""

    def __init__(self, code: str, place: Place, **values: object) -> None:
        self.problem = Problem(code, place, values)
        super().__init__(code)


_START: Final = Place(1, 1)
_NOWHERE: Final[Mapping[str, Place]] = {}


def read(text: str) -> Node:
    """The document's tree. Raises DocumentError for what is no YAML, an alias, a name that stands twice…

    Safe for a stranger's text: bounded in size and depth, and no tag makes an object.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise DocumentError("too_large", _START, limit=MAX_BYTES // 1024)
    try:
        events = _bounded(yaml.parse(text, Loader=yaml.BaseLoader))
        node = _tree(events)
    except yaml.MarkedYAMLError as err:
        raise DocumentError("not_yaml", _at(err.problem_mark or err.context_mark)) from None
    except yaml.YAMLError:  # a character that YAML does not take
        raise DocumentError("not_text", _START) from None
    return node


def _bounded(events: Iterator[Any]) -> Iterator[Any]:
    """The events between the start and the end of one document."""
    depth = documents = 0
    for event in events:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise DocumentError("alias", _at(event.start_mark))
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise DocumentError("several", _at(event.start_mark))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise DocumentError("too_deep", _at(event.start_mark), limit=MAX_DEPTH)
        if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            yield event


def _tree(events: Iterator[Any]) -> Node:
    first = next(events, None)
    if first is None:
        raise DocumentError("neither", _START)
    node = _node(first, events)
    for _rest in events:  # a second document is refused while the events go by
        pass
    return node


def _node(event: Any, events: Iterator[Any]) -> Node:
    place = _at(event.start_mark)
    if isinstance(event, yaml.ScalarEvent):
        return Node(place, event.value, _NOWHERE)
    if isinstance(event, yaml.SequenceStartEvent):
        return Node(place, tuple(_items(events)), _NOWHERE)
    return _mapping(place, events)


def _items(events: Iterator[Any]) -> Iterator[Node]:
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            return
        yield _node(event, events)


def _mapping(place: Place, events: Iterator[Any]) -> Node:
    values: dict[str, Node] = {}
    names: dict[str, Place] = {}
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        if not isinstance(event, yaml.ScalarEvent):
            raise DocumentError("not_a_text", _at(event.start_mark))
        if event.value in values:
            raise DocumentError("duplicate", _at(event.start_mark), name=harmless(event.value))
        names[event.value] = _at(event.start_mark)
        values[event.value] = _node(next(events), events)
    return Node(place, values, names)


def _at(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark is not None else _START
