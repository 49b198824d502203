"""JSON of a host to the classes of `models`. Keys that are not known are passed over, so that hosts may grow; a key
that is missing, or a value of another type, is an error that names the place and never quotes what stands there."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any, TypeVar

from .problems import InvalidAnswer

T = TypeVar("T")


def parse(cls: type[T], value: object, where: str = "answer") -> T:
    """An object of `cls`, a data class."""
    if not isinstance(value, dict):
        raise InvalidAnswer(f"{where} is no object")
    arguments: dict[str, object] = {}
    for name, (kind, is_required) in _keys(cls).items():
        if name in value:
            arguments[name] = _value(kind, value[name], f"{where}.{name}")
        elif is_required:
            raise InvalidAnswer(f"{where}.{name} is missing")
    return cls(**arguments)


_KEYS: dict[Any, dict[str, tuple[Any, bool]]] = {}


def _keys(cls: type[Any]) -> dict[str, tuple[Any, bool]]:
    if cls not in _KEYS:
        hints = typing.get_type_hints(cls)
        _KEYS[cls] = {field.name: (hints[field.name], is_required(field)) for field in dataclasses.fields(cls)}
    return _KEYS[cls]


def is_required(field: dataclasses.Field[Any]) -> bool:
    """Whether an answer must have it."""
    return field.default is dataclasses.MISSING


def _value(kind: Any, value: object, where: str) -> object:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        (kind,) = [argument for argument in arguments if argument is not type(None)]
        return _value(kind, value, where)
    if origin is typing.Literal:
        if value not in arguments:
            raise InvalidAnswer(f"{where} is none of {', '.join(arguments)}")
        return value
    if origin is tuple:
        return _values(arguments, value, where)
    if dataclasses.is_dataclass(kind):
        return parse(typing.cast("type[Any]", kind), value, where)
    # A whole number is a number, but `true` is none.
    accepted = (int, float) if kind is float else (kind,)
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise InvalidAnswer(f"{where} is not of the type {kind.__name__}")
    return kind(value)


def _values(kinds: tuple[Any, ...], value: object, where: str) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise InvalidAnswer(f"{where} is no list")
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise InvalidAnswer(f"{where} has {len(value)} elements, not {len(kinds)}")
    return tuple(_value(kind, item, f"{where}[{at}]") for at, (kind, item) in enumerate(zip(kinds, value)))
