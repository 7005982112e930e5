"""Gives one spelling to names that need none of their own: on the board each new spelling costs 20 bytes of memory.

Only names that nobody sees are touched: parameters that no call names, and private data of objects. Functions, methods and
classes keep their names, for tracebacks show them.
"""

import ast
import re
from collections.abc import Iterable, Mapping

from firmware.scopes import Scope, Walk, refuse

RESERVED = re.compile(r"_[a-z]?\d+")


def shorten(trees: Mapping[str, ast.Module]) -> None:
    """Change the names in these files, which are all that an application consists of."""
    for path, tree in trees.items():
        _refuse_reserved(path, tree)
    short = _short_attributes(list(trees.values()))
    named = {node.arg for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                node.attr = short.get(node.attr, node.attr)
        _Parameters(path, named).walk(tree)


def _refuse_reserved(path: str, tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg is None:
            raise refuse(path, node.value, "calls with names that only the running program knows")
        spelling = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if RESERVED.fullmatch(spelling):
            raise refuse(path, node, f"{spelling} is a spelling that the build gives out itself")


class _Parameters(Walk):
    """Numbers the parameters of each function, on from those of the functions around it."""

    def __init__(self, path: str, named: set[str | None]) -> None:
        super().__init__(path)
        self._named = named

    def walk(self, tree: ast.Module) -> None:
        self._changes: list[tuple[ast.Name | ast.arg, str]] = []
        super().walk(tree)
        for node, name in self._changes:
            if isinstance(node, ast.Name):
                node.id = name
            else:
                node.arg = name

    def on_name(self, node: ast.Name, scope: Scope) -> ast.expr:
        for at, argument in enumerate(scope.arguments):
            if argument.arg == node.id and self._free(argument):
                self._changes.append((node, f"_{at + self._before(scope)}"))
        return node

    def on_scope(self) -> None:
        scope = self.scopes[-1]
        for at, argument in enumerate(scope.arguments):
            if self._free(argument):
                self._changes.append((argument, f"_{at + self._before(scope)}"))

    def _free(self, argument: ast.arg) -> bool:
        return argument.arg != "self" and argument.arg not in self._named

    def _before(self, scope: Scope) -> int:
        return sum(len(outer.arguments) for outer in self.scopes[: self.scopes.index(scope)])

    def modules_in(self, _: list[ast.ImportFrom]) -> dict[str, str]:
        return {}

    def on_member(self, node: ast.Attribute, _: str) -> ast.expr:
        return node

    def on_import(self, node: ast.ImportFrom) -> ast.stmt:
        return node

    def on_global(self, name: str) -> str:
        return name


def _short_attributes(trees: Iterable[ast.Module]) -> dict[str, str]:
    """A spelling for each private datum; data share one unless a class and its relatives have both."""
    families = _families(trees)
    short: dict[str, str] = {}
    for name in sorted(set().union(*families) - _kept(trees)):
        taken = {short.get(other) for family in families if name in family for other in family}
        short[name] = next(spelling for at in range(1000) if (spelling := f"_a{at}") not in taken)
    return short


def _kept(trees: Iterable[ast.Module]) -> set[str]:
    """Names that are no private data, or that something else than the object itself touches."""
    kept: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                kept.add(node.name)
            elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                kept.add(node.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                kept.add(node.value)
            elif (isinstance(node, ast.Attribute) and not _own(node)) or (
                isinstance(node, ast.Attribute) and (node.attr[0] != "_" or node.attr.startswith("__"))
            ):
                kept.add(node.attr)
    return kept


def _own(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def _families(trees: Iterable[ast.Module]) -> list[set[str]]:
    """The attributes that each class and its relatives use, whatever module they stand in."""
    found: list[tuple[set[str], set[str]]] = []
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                relatives = {node.name, *(_last(base) for base in node.bases)}
                data = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute) and _own(part)}
                for other in [other for other in found if other[0] & relatives]:
                    found.remove(other)
                    relatives |= other[0]
                    data |= other[1]
                found.append((relatives, data))
    return [data for _, data in found]


def _last(base: ast.expr) -> str:
    return base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
