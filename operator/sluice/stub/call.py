"""Calls a task's function: imports its file, decodes its arguments, and hands on what it returns.

This runs in the user's image: Python 3.9 to 3.14, and nothing but the standard library. It is imported again, as
`__mp_main__`, by each process that multiprocessing spawns.
"""

import asyncio
import base64
import collections.abc
import dataclasses
import datetime
import decimal
import enum
import importlib
import inspect
import json
import os
import pathlib
import sys
import traceback
import types
import typing
import uuid

FOLDER = os.path.dirname(os.path.abspath(__file__))

MAX_BYTES = 96 * 1024
FITS_IN_FILE = 2048


class Kind(type):
    """Of what an author's file imports from `sluice`. `Step | None` in an annotation needs it on Python 3.9."""

    def __or__(cls, other):
        return typing.Any

    __ror__ = __or__


class Unused(metaclass=Kind):
    """Stands for a name of `sluice` that is of no use in a pod: `Pool("warehouse")`, `@workflow`."""

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):
        return self

    def __class_getitem__(cls, item):
        return cls


class Sluice(types.ModuleType):
    """Stands for the package `sluice`, which no image needs."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Unused,), {})

    @staticmethod
    def task(function=None, **fields):
        """A task is its function, with those methods that make another task of it."""
        if function is None:
            return Sluice.task
        try:
            function.function = function
            function.with_ = function.when = function.after = lambda *args, **fields: function
        except AttributeError:
            pass  # a function that is not written in Python
        return function


class Fault(Exception):
    """What the author has to change, in words."""


def main():
    with open(os.path.join(FOLDER, "inputs.json"), encoding="utf-8") as file:
        call = json.load(file)["function"]
    try:
        function = find(call["file"], call["name"])
        value = run(function, arguments(function, call["arguments"]))
        if call["outputs"]:
            write_outputs(outputs(value, call["outputs"], hint_of(function, "return")))
    except Fault as fault:
        fail(f"{call['name']}: {fault}")
    except SystemExit as left:
        if call["outputs"] and left.code in (None, 0):
            fail(f"{call['name']} has called sys.exit() and returns nothing for its outputs {call['outputs']}")
        raise
    except Exception as error:
        own = error.__traceback__
        while own is not None and own.tb_frame.f_code.co_filename == __file__:
            own = own.tb_next
        traceback.print_exception(type(error), error, own)
        fail("".join(traceback.format_exception_only(type(error), error)).strip(), said=True)


def fail(words, said=False):
    """Ends the attempt. The operator shows what is in the file of the outputs."""
    if not said:
        print(words, file=sys.stderr)
    sys.stdout.flush()
    write_file(words[-1000:])
    sys.exit(1)


def find(path, name):
    module = importlib.import_module(path[: -len(".py")].replace("/", "."))
    found = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise Fault(f"there is no such function in {path}")
        found = getattr(found, part)
    if not callable(found):
        raise Fault(f"in {path} it is no function: {found!r:.100}")
    return found


def run(function, given):
    value = function(**given)
    if inspect.isawaitable(value):

        async def wait():
            return await value

        return asyncio.run(wait())
    if inspect.isasyncgen(value):

        async def collect():
            return [each async for each in value]

        return asyncio.run(collect())
    return list(value) if inspect.isgenerator(value) else value


# Arguments


def arguments(function, given):
    """As the annotations say. Raises Fault for those that the function does not take."""
    try:
        inspect.signature(function).bind(**given)
    except TypeError as error:
        raise Fault(str(error)) from None
    except ValueError:
        pass  # it has no signature
    decoded = {}
    for name, value in given.items():
        try:
            decoded[name] = decode(hint_of(function, name), value)
        except Exception as error:
            raise Fault(f"argument {name}={value!r:.100}: {error}") from None
    return decoded


def hint_of(function, name):
    """The type of a parameter, or of `return`; Any where it is not said or cannot be found out."""
    function = inspect.unwrap(function)
    try:
        return typing.get_type_hints(function).get(name, typing.Any)
    except Exception:  # a name that only a type checker knows, or syntax of a newer Python
        said = getattr(function, "__annotations__", {}).get(name, typing.Any)
        return typing.Any if isinstance(said, str) else said


def decode(hint, value):
    """The value of a type from JSON, or from a text that stands for it.

    Raises ValueError, TypeError, KeyError or ArithmeticError.
    """
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint in (typing.Any, inspect.Parameter.empty) or isinstance(hint, typing.TypeVar):
        return value
    if origin is typing.Annotated:
        return decode(inner[0], value)
    if hasattr(hint, "__supertype__"):  # a NewType
        return decode(hint.__supertype__, value)
    if origin is typing.Literal:
        for choice in inner:
            if choice == value or str(choice) == value:
                return choice
        raise ValueError(f"is none of {list(inner)}")
    if is_union(origin):
        return decode_union(inner, value)
    if hint is None or hint is type(None):
        if value in (None, "", "null"):
            return None
        raise ValueError("must be null")
    if hint is str:
        return value if isinstance(value, str) else json.dumps(value)
    if hint is bytes:
        return base64.b64decode(value)
    if hint in (int, float, bool):
        return decode_number(hint, value)
    kind = origin or hint
    if not isinstance(kind, type):
        return value
    if dataclasses.is_dataclass(kind):
        return decode_fields(kind, [field.name for field in dataclasses.fields(kind) if field.init], value)
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return decode_fields(kind, kind._fields, dict(zip(kind._fields, value)) if isinstance(value, list) else value)
    if issubclass(kind, enum.Enum):
        return decode_enum(kind, value)
    if issubclass(kind, (datetime.datetime, datetime.date, datetime.time)):
        return decode_time(kind, value)
    if kind is datetime.timedelta:
        return datetime.timedelta(seconds=float(value))
    if issubclass(kind, (decimal.Decimal, pathlib.PurePath, uuid.UUID)):
        return kind(str(typed(value, (str, int, float), "text")))
    if hasattr(kind, "model_validate"):  # pydantic
        return kind.model_validate(as_json(value))
    if issubclass(kind, (dict, collections.abc.Mapping)):
        return decode_map(hint, inner, as_json(value))
    if issubclass(kind, (list, tuple, set, frozenset, collections.abc.Iterable)):
        return decode_list(kind, inner, as_json(value))
    return value


def as_json(value):
    """A text where a list or a map is wanted is one that stands for it."""
    return json.loads(value) if isinstance(value, str) else value


def typed(value, kinds, words):
    if not isinstance(value, kinds):
        raise TypeError(f"must be a {words}")
    return value


def is_union(origin):
    return origin is typing.Union or origin is getattr(types, "UnionType", typing.Union)


def decode_union(choices, value):
    if value is None and type(None) in choices:
        return None
    if isinstance(value, str) and str in choices:
        return value
    if value == "" and type(None) in choices:  # the scheduled time of a run that has none
        return None
    choices = [choice for choice in choices if choice is not type(None)]
    if len(choices) == 1:
        return decode(choices[0], value)
    for choice in choices:
        try:
            return decode(choice, value)
        except (ValueError, TypeError, KeyError, ArithmeticError):
            continue
    raise ValueError(f"is none of {', '.join(getattr(each, '__name__', str(each)) for each in choices)}")


def decode_number(kind, value):
    if isinstance(value, str):
        value = json.loads(value.lower() if kind is bool else value)
    right = isinstance(value, bool) if kind is bool else isinstance(value, (int, float)) and not isinstance(value, bool)
    if not right or (kind is int and value != int(value)):
        raise ValueError(f"must be {kind.__name__}")
    return kind(value)


def decode_time(kind, value):
    text = typed(value, str, "text")
    text = text[:-1] + "+00:00" if text.endswith("Z") else text
    if kind is datetime.date and "T" in text:
        return datetime.datetime.fromisoformat(text).date()
    return kind.fromisoformat(text)


def decode_enum(kind, value):
    for member in kind:
        if value == member.value or value in (str(member.value), member.name):
            return member
    raise ValueError(f"is none of {[member.value for member in kind]}")


def decode_fields(kind, names, value):
    value = typed(as_json(value), dict, "map")
    hints = typing.get_type_hints(kind)
    unknown = set(value) - set(names)
    if unknown:
        raise ValueError(f"has no field {', '.join(sorted(unknown))}")
    return kind(**{name: decode(hints.get(name, typing.Any), each) for name, each in value.items()})


def decode_map(hint, inner, value):
    value = typed(value, dict, "map")
    if typing.get_origin(hint) is None and hasattr(hint, "__total__"):  # a TypedDict
        hints = typing.get_type_hints(hint)
        return {key: decode(hints.get(key, typing.Any), each) for key, each in value.items()}
    keys, values = inner if len(inner) == 2 else (typing.Any, typing.Any)
    return {decode(keys, key): decode(values, each) for key, each in value.items()}


def decode_list(kind, inner, value):
    value = typed(value, list, "list")
    if issubclass(kind, tuple) and inner and inner[-1] is not Ellipsis:
        if len(inner) != len(value):
            raise ValueError(f"must have {len(inner)} items")
        return tuple(decode(each, item) for each, item in zip(inner, value))
    items = [decode(inner[0] if inner else typing.Any, item) for item in value]
    return kind(items) if kind in (tuple, set, frozenset) else items


# What it returns


def outputs(value, keys, hint):
    """By key. Raises Fault if the value is not what the task declares."""
    if value is None and not takes_none(hint):
        raise Fault(f"returns None, and its annotation says {hint}; is a `return` missing?")
    if len(keys) == 1:
        return {keys[0]: encode(value)}
    found = encode(value)
    if not isinstance(found, dict) or set(found) != set(keys):
        raise Fault(f"must return a map with the keys {', '.join(keys)}, as its task declares these outputs")
    return found


def takes_none(hint):
    choices = [hint, *typing.get_args(hint)]
    return hint in (typing.Any, object) or None in choices or type(None) in choices


def encode(value):
    """As JSON has it. Raises Fault for what JSON has not."""
    if value is None or (isinstance(value, (str, int, float)) and not isinstance(value, enum.Enum)):
        return value
    if isinstance(value, enum.Enum):
        return encode(value.value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):  # pydantic
        return value.model_dump(mode="json")
    if hasattr(value, "_asdict"):  # a NamedTuple
        return encode(value._asdict())
    if isinstance(value, collections.abc.Mapping):
        return dict(zip(keys_of(value), map(encode, value.values())))
    if isinstance(value, (list, tuple)):
        return [encode(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted((encode(each) for each in value), key=repr)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (datetime.date, datetime.time)):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, pathlib.PurePath, uuid.UUID)):
        return str(value)
    raise Fault(f"returns what JSON has no word for: {value!r:.100}")


def keys_of(value):
    """The keys of a map as texts. Raises Fault where two would be one."""
    found = [encode(key) for key in value]
    found = [key if isinstance(key, str) else json.dumps(key) for key in found]
    if len(set(found)) < len(found):
        raise Fault(f"returns a map of which two keys are one in JSON: {value!r:.100}")
    return found


def write_outputs(found):
    try:
        text = json.dumps(found, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except ValueError as error:  # NaN, infinity, half of a surrogate pair
        raise Fault(f"returns what JSON has no word for: {error}") from None
    if size > MAX_BYTES:
        raise Fault(f"returns {size} bytes; {MAX_BYTES} fit. Write a file, and return its path")
    if size <= FITS_IN_FILE:
        write_file(text)
        return
    sys.stdout.flush()
    line = f"\n::outputs::{text}\n".encode()
    while line:
        line = line[os.write(1, line) :]
    write_file(f"::outputs:: {size}")


def write_file(text):
    path = os.environ.get("SLUICE_OUTPUTS")
    if path:
        with open(path, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)


if __name__ in ("__main__", "__mp_main__"):
    sys.path[0] = os.path.join(FOLDER, "files")  # in place of the folder of this program
    sys.modules["sluice"] = Sluice("sluice")
if __name__ == "__main__":
    main()
