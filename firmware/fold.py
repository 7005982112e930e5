"""Puts a module's own constants into its code: on the board each name would cost 40 bytes of memory."""

import ast


def folded(tree: ast.Module) -> ast.Module:
    """The module without `_NAME = number` lines; what they say stands where the names stood. Names without a leading
    underscore stay, for other modules may ask for them.
    """
    values: dict[str, ast.Constant] = {}
    kept: list[ast.stmt] = []
    for statement in tree.body:
        replaced = _Known(values).visit(statement)
        name = _private_name(replaced)
        number = _number(replaced.value) if name and isinstance(replaced, ast.Assign) else None
        if name and number is not None and _assignments(tree, name) == 1:
            values[name] = ast.Constant(number)
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


def _private_name(statement: ast.stmt) -> str:
    """The name of a line like `_LIMIT = 3`, empty for any other line."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return ""
    target = statement.targets[0]
    return target.id if isinstance(target, ast.Name) and target.id.startswith("_") else ""


def _number(value: ast.expr) -> int | float | None:
    """What an expression of nothing but numbers comes to, None for any other."""
    allowed = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
    if not all(isinstance(node, allowed) for node in ast.walk(value)):
        return None
    found = eval(compile(ast.Expression(value), "constant", "eval"), {"__builtins__": {}})
    return found if type(found) in (int, float) else None


def _assignments(tree: ast.Module, name: str) -> int:
    """How often anything in the module binds this name."""
    return sum(
        isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load) for node in ast.walk(tree)
    )
