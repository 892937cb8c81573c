"""Mutants of a module's tables and constants, which can be put in their places where the module is loaded."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import sys
from types import CodeType, ModuleType

from .swap import NotInFunctions

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Tables:
    """Assignments of a module that a mutant changes, and those that follow from them."""

    statements: Sequence[ast.stmt]
    names: frozenset[str]

    def are_used(self, code: CodeType) -> bool:
        """Whether a function looks at one of them."""
        return not self.names.isdisjoint(code.co_names)

    def assign(self, module: ModuleType) -> None:
        """Give them their values, in all modules that have them by their names."""
        old = {name: vars(module)[name] for name in self.names}
        exec(compile(ast.Module([*self.statements], []), str(module.__file__), "exec"), vars(module))
        for other in [*sys.modules.values()]:
            for name in self.names:
                if getattr(other, "__dict__", {}).get(name, _MISSING) is old[name]:
                    setattr(other, name, vars(module)[name])


def changed_tables(before: str, after: str, module: ModuleType, at_import: Sequence[CodeType]) -> Tables:
    """What a mutant changes, if that is one table. Raises `NotInFunctions` for anything else.

    Nor can it be exchanged where something else was made of it when it was imported, or where a test looks at it.
    """
    old, new = ast.parse(before).body, ast.parse(after).body
    places = [
        place for place, (one, other) in enumerate(zip(old, new, strict=True)) if ast.dump(one) != ast.dump(other)
    ]
    if len(places) != 1 or (name := _target(new[places[0]])) is None:
        raise NotInFunctions
    names, statements = {name}, [new[places[0]]]
    for later in new[places[0] + 1 :]:
        if not names.isdisjoint(_names_at_import(later)):
            if (name := _target(later)) is None:
                raise NotInFunctions
            names.add(name)
            statements.append(later)
    tables = Tables(statements, frozenset(names))
    if any(tables.are_used(code) for code in at_import if code.co_name != "<module>") or _is_in_tests(names, module):
        raise NotInFunctions
    return tables


def _is_in_tests(names: set[str], module: ModuleType) -> bool:
    package = module.__name__.split(".")[0]
    return any(
        getattr(other, "__dict__", {}).get(name, _MISSING) is vars(module)[name]
        for title, other in [*sys.modules.items()]
        if not title.startswith(package)
        for name in names
    )


def _target(statement: ast.stmt) -> str | None:
    """The name that a statement gives a value to, if that is all it does."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return name
    return None


def _names_at_import(node: ast.AST) -> Iterator[str]:
    """The names that are looked at when a statement is executed."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.TypeAlias():
            return
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            for one in (*node.decorator_list, node.args):
                yield from _names_at_import(one)
            return
        case ast.Lambda():
            yield from _names_at_import(node.args)
            return
    for one in ast.iter_child_nodes(node):
        yield from _names_at_import(one)
