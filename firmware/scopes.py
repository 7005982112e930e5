"""Which names of a module's code mean the module's own: a walk over its tree that knows Python's scopes.

Annotations go: the board ignores them. What the walk cannot follow is refused with file and line.
"""

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
DYNAMIC = ("globals", "locals", "vars", "eval", "exec", "__name__", "__file__", "__path__")


class BuildError(Exception):
    """The bytecode could not be made; the text says what to do."""


def refuse(path: str, node: ast.AST, why: str) -> BuildError:
    """The error for a piece of code that cannot be shipped as it stands."""
    return BuildError(f"{path}:{getattr(node, 'lineno', 1)}: {why}")


@dataclass(eq=False)
class Scope:
    """The names that a module, class, function or comprehension binds, and those it declares global."""

    kind: str
    names: set[str] = field(default_factory=set)
    global_names: set[str] = field(default_factory=set)
    modules: dict[str, str] = field(default_factory=dict)
    """Names that stand for whole modules."""
    arguments: list[ast.arg] = field(default_factory=list)


def flattened(target: ast.expr) -> Iterator[str]:
    """The names that an assignment to `target` binds."""
    return (node.id for node in ast.walk(target) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load))


def bound_by(alias: ast.alias) -> str:
    """The name that an import binds."""
    return alias.asname or alias.name.split(".")[0]


class Bound(ast.NodeVisitor):
    """What the statements of one scope bind (each name as often as they do), without what the scopes within bind."""

    def __init__(self, body: Iterable[ast.AST]) -> None:
        self.names: list[str] = []
        self.global_names: set[str] = set()
        self.imports: list[ast.ImportFrom] = []
        for statement in body:
            self.visit(statement)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.names.append(node.id)

    def visit_FunctionDef(self, node: Function) -> None:
        self.names.append(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.names.append(node.name)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        pass

    def visit_ListComp(self, node: Comprehension) -> None:
        self.visit(node.generators[0].iter)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp  # noqa: N815

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.names.extend(bound_by(alias) for alias in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.imports.append(node)
        self.visit_Import(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.names.append(node.name)
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.global_names.update(node.names)


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """All parameters of a function."""
    rest = [arg for arg in (arguments.vararg, arguments.kwarg) if arg]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest]


class Walk(ast.NodeTransformer, ABC):
    """Visits a module scope by scope; what is done with names, members of modules and imports is up to its children."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.scopes: list[Scope] = []

    def walk(self, tree: ast.Module) -> None:
        """Visit a whole module."""
        self._within("module", Bound(tree.body), [], tree.body)

    @abstractmethod
    def modules_in(self, imports: list[ast.ImportFrom]) -> dict[str, str]:
        """Which names these imports give to whole modules."""

    @abstractmethod
    def on_name(self, node: ast.Name, scope: Scope) -> ast.expr:
        """A name that `scope` binds; the module's scope where no other does."""

    @abstractmethod
    def on_member(self, node: ast.Attribute, module: str) -> ast.expr:
        """`module.name`, for a name that stands for a module."""

    @abstractmethod
    def on_import(self, node: ast.ImportFrom) -> ast.stmt | list[ast.stmt]:
        """`from ... import ...`, in the module or in a function."""

    @abstractmethod
    def on_global(self, name: str) -> str:
        """A name of the module that a statement binds by its text: def, class, except, global."""

    def on_globals(self, node: ast.Global) -> ast.Global:
        """`global ...`."""
        node.names = [self.on_global(name) for name in node.names]
        return node

    def on_scope(self) -> None:
        """The walk enters a scope, now the last one."""

    def on_plain_import(self, node: ast.Import) -> ast.Import:
        """`import ...`."""
        return node

    def home(self, name: str) -> Scope:
        """The scope that a name belongs to where the walk stands."""
        for at, scope in enumerate(reversed(self.scopes)):
            if scope.kind == "class" and at > 0:
                continue
            if name in scope.global_names:
                break
            if name in scope.names and scope.kind != "module":
                return scope
        return self.scopes[0]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in DYNAMIC:
            raise refuse(self.path, node, f"{node.id} depends on the module that it stands in")
        return self.on_name(node, self.home(node.id))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name):
            module = self.home(node.value.id).modules.get(node.value.id)
            if module is not None:
                if not isinstance(node.ctx, ast.Load):
                    raise refuse(
                        self.path, node, f"sets {node.attr} in another module; give that module a function for it"
                    )
                return self.on_member(node, module)
        self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: Function) -> Function:
        self._outside(node)
        node.name = self._bind(node.name)
        node.returns = None
        self._within("function", Bound(node.body), parameters(node.args), node.body)
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        self._defaults(node.args)
        arguments = parameters(node.args)
        self.scopes.append(Scope("function", {arg.arg for arg in arguments}, arguments=arguments))
        self.on_scope()
        node.body = self.visit(node.body)
        self.scopes.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.bases = [self.visit(one) for one in node.bases]
        node.keywords = [self.visit(one) for one in node.keywords]
        node.name = self._bind(node.name)
        self._within("class", Bound(node.body), [], node.body)
        return node

    def visit_ListComp(self, node: Comprehension) -> Comprehension:
        first = node.generators[0]
        first.iter = self.visit(first.iter)
        names = {name for part in node.generators for name in flattened(part.target)}
        self.scopes.append(Scope("function", names))
        for at, part in enumerate(node.generators):
            part.target = self.visit(part.target)
            if at:
                part.iter = self.visit(part.iter)
            part.ifs = [self.visit(one) for one in part.ifs]
        for name in ("key", "value") if isinstance(node, ast.DictComp) else ("elt",):
            setattr(node, name, self.visit(getattr(node, name)))
        self.scopes.pop()
        return node

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp  # noqa: N815

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        if node.value is None:
            raise refuse(self.path, node, "declares a name without a value")
        plain = ast.Assign([self.visit(node.target)], self.visit(node.value))
        return ast.copy_location(plain, node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        if node.name:
            node.name = self._bind(node.name)
        self.generic_visit(node)
        return node

    def visit_Global(self, node: ast.Global) -> ast.Global:
        return self.on_globals(node)

    def visit_Import(self, node: ast.Import) -> ast.Import:
        return self.on_plain_import(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt | list[ast.stmt]:
        return self.on_import(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
        raise refuse(self.path, node, "assigns within an expression")

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.stmt:
        raise refuse(self.path, node, "binds names of the function around it")

    def visit_Match(self, node: ast.Match) -> ast.stmt:
        raise refuse(self.path, node, "MicroPython has no match")

    def _bind(self, name: str) -> str:
        return self.on_global(name) if self.home(name) is self.scopes[0] else name

    def _outside(self, node: Function) -> None:
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        self._defaults(node.args)
        for argument in parameters(node.args):
            argument.annotation = None

    def _defaults(self, arguments: ast.arguments) -> None:
        arguments.defaults = [self.visit(one) for one in arguments.defaults]
        arguments.kw_defaults = [one and self.visit(one) for one in arguments.kw_defaults]

    def _within(self, kind: str, found: Bound, arguments: list[ast.arg], body: list[ast.stmt]) -> None:
        """Visits the body of a module, class or function in its own scope."""
        names = [*found.names, *(argument.arg for argument in arguments)]
        modules = self.modules_in(found.imports)
        for name in modules:
            if names.count(name) > 1 or name in found.global_names:
                raise refuse(self.path, body[0], f"{name} is a module and something else")
        self.scopes.append(Scope(kind, set(names) - found.global_names, found.global_names, modules, arguments))
        self.on_scope()
        holder = ast.Module(body, [])
        self.generic_visit(holder)
        self.scopes.pop()
