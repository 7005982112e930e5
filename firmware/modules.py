"""What the linker knows of each module: the names that it binds, what it imports, and how it uses that."""

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePath

from firmware.scopes import Bound, BuildError, Scope, Walk, bound_by, flattened, refuse

PACKAGES = ("firmware", "hardware")


@dataclass(frozen=True)
class Import:
    """One name that an import binds: `from source import member as name`, or `import source as name`."""

    source: str
    member: str
    name: str

    @property
    def module(self) -> str:
        """The module that the name stands for if it stands for one."""
        return f"{self.source}.{self.member}" if self.member else self.source


@dataclass
class Module:
    """A module of the board; what it imports in functions counts for `members` and `values` only."""

    name: str
    path: str
    tree: ast.Module
    names: list[str] = field(default_factory=list)
    imports: dict[str, Import] = field(default_factory=dict)
    needs: list[str] = field(default_factory=list)
    values: set[str] = field(default_factory=set)
    """Modules that are handed about whole."""
    members: set[tuple[str, str]] = field(default_factory=set)
    """What is written as `module.name`, or imported under another name."""
    locals: set[str] = field(default_factory=set)
    builtins: set[str] = field(default_factory=set)
    rebound: set[str] = field(default_factory=set)

    def refuse(self, node: ast.AST, why: str) -> BuildError:
        """The error for a piece of this module."""
        return refuse(self.path, node, why)


Modules = dict[str, Module]


def dotted(path: str) -> str:
    """The name by which a file is imported."""
    parts = PurePath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def survey(trees: dict[str, ast.Module]) -> Modules:
    """All modules of these files."""
    modules = {dotted(path): Module(dotted(path), path, tree) for path, tree in trees.items()}
    for module in modules.values():
        _top_level(module, modules)
    for module in modules.values():
        module.locals = _local_names(module.tree)
        _Survey(module, modules).walk(module.tree)
        for source, name in _taken_names(module, modules):
            if name in modules[source].rebound:
                raise module.refuse(
                    module.tree, f"takes {name}, which {source} changes; ask {source} for it by a function"
                )
    return modules


def imports_of(node: ast.Import | ast.ImportFrom, module: Module, modules: Modules) -> list[Import]:
    """What a statement imports; refused where that is not to be told."""
    if isinstance(node, ast.ImportFrom):
        if node.level or node.module is None:
            raise module.refuse(node, "imports relative to its own place")
        found = [Import(node.module, alias.name, bound_by(alias)) for alias in node.names]
    else:
        if any("." in alias.name for alias in node.names):
            raise module.refuse(node, "imports a module of a package by `import`; use `from`")
        found = [Import(alias.name, "", bound_by(alias)) for alias in node.names]
    for one in found:
        ours = one.source.split(".")[0] in PACKAGES
        if one.member == "*" or (ours and one.module not in modules and one.source not in modules):
            raise module.refuse(node, f"imports {one.module}, which is not in the build")
    return found


def _top_level(module: Module, modules: Modules) -> None:
    """Fills in what the module binds and imports when it is loaded."""
    body = module.tree.body
    module.names = list(dict.fromkeys(names := Bound(body).names))
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for one in imports_of(node, module, modules):
                if names.count(one.name) > 1 and module.imports.get(one.name, one) != one:
                    raise module.refuse(node, f"{one.name} is bound twice")
                module.imports[one.name] = one
    for one in module.imports.values():
        for name in _loaded_by(one, modules):
            if name not in module.needs and name != module.name:
                module.needs.append(name)
    for name in Bound(node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)).names:
        if name in module.imports:
            raise module.refuse(body[0], f"{name} is imported and bound once more")


def _local_names(tree: ast.Module) -> set[str]:
    """Every name that a function or comprehension of the module binds for itself."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.comprehension):
            found.update(flattened(node.target))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.update(Bound(node.body).names)
    return found


def _loaded_by(one: Import, modules: Modules) -> Iterable[str]:
    """The modules of the build that this import loads, packages first."""
    target = one.module if one.module in modules else one.source
    parts = target.split(".")
    return [name for at in range(len(parts)) if (name := ".".join(parts[: at + 1])) in modules]


def _taken_names(module: Module, modules: Modules) -> Iterable[tuple[str, str]]:
    for one in module.imports.values():
        if one.source in modules and one.module not in modules:
            yield one.source, one.member


class _Survey(Walk):
    """Notes how a module uses names; changes nothing that matters."""

    def __init__(self, module: Module, modules: Modules) -> None:
        super().__init__(module.path)
        self._module = module
        self._modules = modules

    def modules_in(self, imports: list[ast.ImportFrom]) -> dict[str, str]:
        found = (one for node in imports for one in imports_of(node, self._module, self._modules))
        return {one.name: one.module for one in found if one.module in self._modules}

    def on_name(self, node: ast.Name, scope: Scope) -> ast.expr:
        module = self._module
        if node.id in scope.modules:
            module.values.add(scope.modules[node.id])
        if scope is self.scopes[0] and node.id not in scope.names:
            if not hasattr(builtins, node.id) and node.id not in Bound(module.tree.body).global_names:
                raise module.refuse(node, f"{node.id} is bound nowhere")
            module.builtins.add(node.id)
        return node

    def on_member(self, node: ast.Attribute, module: str) -> ast.expr:
        self._module.members.add((module, node.attr))
        return node

    def on_import(self, node: ast.ImportFrom) -> ast.stmt:
        for one in imports_of(node, self._module, self._modules):
            if one.name != one.member:
                self._module.members.add((one.source, one.member))
            if one.source.split(".")[0] in PACKAGES and len(self.scopes) == 1 and node not in self._module.tree.body:
                raise self._module.refuse(node, "imports a module of the board under a condition")
            if self.scopes[-1].kind == "class":
                raise self._module.refuse(node, "imports within a class")
        return node

    def on_global(self, name: str) -> str:
        return name

    def on_globals(self, node: ast.Global) -> ast.Global:
        for name in node.names:
            if name not in self.scopes[0].names or name in self._module.imports:
                raise self._module.refuse(node, f"global {name} names nothing that the module binds itself")
        self._module.rebound.update(node.names)
        return node

    def on_plain_import(self, node: ast.Import) -> ast.Import:
        imports_of(node, self._module, self._modules)
        return node
