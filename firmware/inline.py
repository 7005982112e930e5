"""Puts the numbers of the register and pin maps into each module of the board, where names would cost memory."""

import ast
from types import ModuleType

from hardware import pins, registers

MAPS = {"registers": registers, "pins": pins}
NUMBERS_OF_A_BLOCK = ("number", "address", "length", "head_length", "group_length", "repeat", "spare")

# Made where it is used and gone soon after, so that no block has a name and a place in memory for good.
BOARD_REGISTERS = """
class Block:
    def __init__(self, number, address, length):
        self.number = number
        self.address = address
        self.length = length
"""
NUMBERS_KEPT = ("number", "address", "length")


def inlined(source: str) -> ast.Module:
    """The module with literals for numbers of the maps, and without imports that nothing needs any more."""
    tree = ast.parse(source)
    finder = _Finder()
    finder.visit(tree)
    tree = _Literals(finder).visit(tree)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    _Prune(used).visit(tree)
    if "Block" in used:
        tree.body.insert(0, ast.ImportFrom("hardware.registers", [ast.alias("Block")], 0))
    joined: ast.Module = ast.fix_missing_locations(tree)
    return joined


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
        value = self._finder.values.get(node.id)
        return _block(value, node) if isinstance(value, registers.Block) else _literal(value, node)

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


def _block(block: registers.Block, node: ast.expr) -> ast.expr:
    numbers: list[ast.expr] = [ast.Constant(getattr(block, name)) for name in NUMBERS_KEPT]
    return ast.copy_location(ast.Call(ast.Name("Block", ast.Load()), numbers, []), node)


class _Prune(ast.NodeTransformer):
    """Drops what is imported from the maps and not used."""

    def __init__(self, used: set[str]) -> None:
        self._used = used

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        if node.module and node.module.split(".")[0] == "hardware":
            node.names = [alias for alias in node.names if (alias.asname or alias.name) in self._used]
        return node if node.names else None
