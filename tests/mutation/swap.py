"""Which functions of a loaded module a mutant changes, so that they can be exchanged where they live."""

from collections.abc import Iterator, Mapping
import gc
from types import CodeType, FunctionType

type Functions = Mapping[CodeType, list[FunctionType]]


class NotInFunctions(Exception):
    """The mutant changes what happens when the module is imported."""


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """A piece of code, and all that is defined in it."""
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from codes_in(one)


def living_functions(path: str) -> Functions:
    """All functions of a module that there are, by their code."""
    found: dict[CodeType, list[FunctionType]] = {}
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename == path:
            found.setdefault(one.__code__, []).append(one)
    return found


def exchanges(before: CodeType, after: CodeType, living: Functions) -> Iterator[tuple[FunctionType, CodeType]]:
    """The functions that change, each with its new code."""
    if before in living:
        if not _is_same(before, after):
            yield from ((function, after) for function in living[before])
        return
    if _own(before) != _own(after):
        raise NotInFunctions
    for one, other in zip(_inner(before), _inner(after), strict=True):
        yield from exchanges(one, other, living)


def _inner(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def _is_same(one: CodeType, other: CodeType) -> bool:
    return _own(one) == _own(other) and all(map(_is_same, _inner(one), _inner(other), strict=True))


def _own(code: CodeType) -> object:
    """What a piece of code does itself, wherever it stands."""
    constants = [None if isinstance(one, CodeType) else (type(one), repr(one)) for one in code.co_consts]
    names = (code.co_name, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    shape = (code.co_flags, code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount)
    return names, shape, code.co_code, code.co_exceptiontable, constants
