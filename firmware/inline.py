"""Puts the numbers of the register and pin maps into each module of the board, where names would cost memory."""

import ast
from types import ModuleType

from hardware import pins, registers

MAPS = {"registers": registers, "pins": pins}
NUMBERS_OF_A_BLOCK = ("number", "address", "length", "head_length", "group_length", "repeat", "spare")

BLOCK_CLASS = f"""
class Block:
    def __init__(self, {", ".join(NUMBERS_OF_A_BLOCK)}):
{"".join(f"        self.{name} = {name}{chr(10)}" for name in NUMBERS_OF_A_BLOCK)}
"""


def inlined(source: str) -> ast.Module:
    """The module with literals for numbers of the maps, and without imports that nothing needs any more."""
    tree = ast.parse(source)
    finder = _Finder()
    finder.visit(tree)
    tree = _Literals(finder).visit(tree)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    _Prune(used).visit(tree)
    return ast.fix_missing_locations(tree)


def board_registers(trees: list[ast.Module]) -> str:
    """The board's registers.py: the blocks that these modules import, as bare numbers."""
    wanted: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "hardware.registers":
                wanted |= {alias.name for alias in node.names}
    lines = [BLOCK_CLASS]
    for name in sorted(wanted):
        block = getattr(registers, name)
        numbers = ", ".join(str(getattr(block, number)) for number in NUMBERS_OF_A_BLOCK)
        lines.append(f"{name} = Block({numbers})")
    return "\n".join(lines) + "\n"


class _Finder(ast.NodeVisitor):
    """Collects which names of a module stand for what of the maps."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.maps: dict[str, ModuleType] = {}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            name = alias.asname or alias.name
            if node.module == "hardware":
                self.maps[name] = MAPS[alias.name]
            elif node.module and node.module.startswith("hardware."):
                self.values[name] = getattr(MAPS[node.module.split(".")[1]], alias.name)


class _Literals(ast.NodeTransformer):
    def __init__(self, finder: _Finder) -> None:
        self._finder = finder

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return _literal(self._finder.values.get(node.id), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name):
            name = node.value.id
            if name in self._finder.maps:
                return _literal(getattr(self._finder.maps[name], node.attr), node)
            if isinstance(self._finder.values.get(name), registers.Block) and node.attr in NUMBERS_OF_A_BLOCK:
                return _literal(getattr(self._finder.values[name], node.attr), node)
        self.generic_visit(node)
        return node


def _literal(value: object, node: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Constant(value), node) if isinstance(value, int) else node


class _Prune(ast.NodeTransformer):
    """Drops what is imported from the maps and not used."""

    def __init__(self, used: set[str]) -> None:
        self._used = used

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        if node.module and node.module.split(".")[0] == "hardware":
            node.names = [alias for alias in node.names if (alias.asname or alias.name) in self._used]
        return node if node.names else None
