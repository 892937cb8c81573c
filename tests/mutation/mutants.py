"""The mutants of a module, as JSON: mutmut's operators on libcst's tree. It runs in an environment of its own.

mutmut's own visitor leaves out functions with a decorator (`@property`, `@override`), class bodies and tables; this one
does not. Left out here: annotations, decorators and what else is a promise to the type checker only, the texts of
errors and of log lines, `len` and `isinstance`.
"""

from collections.abc import Iterator
import json
from pathlib import Path
import sys

import libcst as cst
from libcst import matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

_TEXT = m.Arg(value=m.SimpleString() | m.FormattedString() | m.ConcatenatedString())
_LEFT_OUT = (
    m.Annotation()
    | m.Decorator()
    | m.TypeAlias()
    | m.TypeParameters()
    | m.Import()
    | m.ImportFrom()
    | m.Call(func=m.Name("len") | m.Name("isinstance") | m.Name("cast"))
    | m.Call(func=m.Attribute(value=m.Name("_LOGGER") | m.Name("LOGGER")))
    | m.Arg(keyword=m.Name("frozen") | m.Name("kw_only"))
    | m.If(test=m.Name("TYPE_CHECKING"))
)


class _Visitor(cst.CSTVisitor):  # type: ignore[misc]  # its types are in another environment
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[cst.CSTNode, cst.CSTNode, int, int]] = []
        self._texts: set[cst.CSTNode] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if node in self._texts or m.matches(node, _LEFT_OUT):
            return False
        if isinstance(node, cst.Raise) and isinstance(node.exc, cst.Call):
            self._texts.update(arg for arg in node.exc.args if m.matches(arg, _TEXT))
        span = self.get_metadata(PositionProvider, node, None)
        if span is not None:
            for kind, operator in mutation_operators:
                for mutated in operator(node) if isinstance(node, kind) else ():
                    if not self._is_of_a_text(node, mutated):
                        self.found.append((node, mutated, span.start.line, span.end.line))
        return True

    def _is_of_a_text(self, node: cst.CSTNode, mutated: cst.CSTNode) -> bool:
        """Whether only the text of an error is changed, or left out."""
        if not isinstance(node, cst.Call) or not isinstance(mutated, cst.Call):
            return False
        changed = [arg for arg in node.args if not any(arg is other for other in mutated.args)]
        return bool(changed) and self._texts.issuperset(changed)


def _mutants(source: str) -> Iterator[dict[str, object]]:
    wrapper = MetadataWrapper(cst.parse_module(source))
    visitor = _Visitor()
    wrapper.visit(visitor)
    known = {source}
    for node, mutated, first, last in visitor.found:
        changed = wrapper.module.deep_replace(node, mutated)
        assert isinstance(changed, cst.Module)
        if changed.code not in known:
            known.add(changed.code)
            yield {"source": changed.code, "first": first, "last": last}


if __name__ == "__main__":
    json.dump(list(_mutants(Path(sys.argv[1]).read_text())), sys.stdout)
