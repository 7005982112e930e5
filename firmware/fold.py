"""Puts a module's own constants into its code: on the board each name would cost 40 bytes of memory."""

import ast
from collections.abc import Collection


def folded(tree: ast.Module, asked: Collection[str] | None = None) -> ast.Module:
    """The module without `_NAME = number` lines; what they say stands where the names stood. Names without a leading
    underscore stay, for other modules may ask for them; where all that is asked for is known, only that stays.
    """
    values: dict[str, ast.Constant] = {}
    kept: list[ast.stmt] = []
    for statement in tree.body:
        replaced = _Known(values).visit(statement)
        name = _constant_name(replaced)
        private = name.startswith("_") if asked is None else name not in asked
        value = _value(replaced.value) if private and isinstance(replaced, ast.Assign) else None
        if name and value is not None and _bindings(tree, name) == 1:
            values[name] = ast.Constant(value)
        else:
            kept.append(replaced)
    tree.body = kept
    return ast.fix_missing_locations(tree)


class _Known(ast.NodeTransformer):
    def __init__(self, values: dict[str, ast.Constant]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        found = self._values.get(node.id) if isinstance(node.ctx, ast.Load) else None
        return ast.copy_location(ast.Constant(found.value), node) if found else node


def _constant_name(statement: ast.stmt) -> str:
    """The name of a line like `LIMIT = 3`, empty for any other line."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return ""
    target = statement.targets[0]
    return target.id if isinstance(target, ast.Name) and target.id.isupper() else ""


def _value(value: ast.expr) -> int | float | str | bytes | None:
    """What an expression of nothing but literals comes to, None for any other."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str | bytes):
        return value.value
    allowed = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
    if not all(isinstance(node, allowed) for node in ast.walk(value)):
        return None
    found = eval(compile(ast.Expression(value), "constant", "eval"), {"__builtins__": {}})
    return found if type(found) in (int, float) else None


def _bindings(tree: ast.Module, name: str) -> int:
    """How often anything in the module binds this name."""
    return sum(
        (isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.arg) and node.arg == name)
        or (isinstance(node, ast.alias) and name in (node.name, node.asname))
        for node in ast.walk(tree)
    )
