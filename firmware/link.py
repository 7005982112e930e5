"""Joins the modules that an application always loads: on the board each file costs a block of flash and each module memory.

The names of joined modules stand side by side in one; a name that more than one of them has gets its module's name in front.
Modules that are imported within functions, or handed about whole, stay files of their own.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from firmware.fold import folded
from firmware.modules import Import, Module, Modules, imports_of, survey
from firmware.scopes import Bound, BuildError, Scope, Walk, bound_by


@dataclass(frozen=True)
class Group:
    """Modules that become one: what loading `entry` and `more` loads. `keeps` are names that must stay as they are."""

    entry: str
    more: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()


def linked(trees: dict[str, ast.Module], groups: Sequence[Group]) -> dict[str, ast.Module]:
    """The files to ship instead of these: joined modules under the path of their group's entry, the others as before."""
    modules = survey(trees)
    plan = _Plan(modules, groups)
    files = {}
    for name, module in modules.items():
        if name in plan.members:
            files[module.path] = _joined(plan, name)
        elif name not in plan.place:
            _Apart(plan, module).walk(module.tree)
            files[module.path] = module.tree
    asked = {*_asked(files.values()), *(name for group in groups for name in group.keeps)}
    return {path: ast.fix_missing_locations(folded(tree, asked)) for path, tree in files.items()}


def _asked(trees: Iterable[ast.Module]) -> Iterator[str]:
    """Every name that some file may want from another."""
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.Attribute):
                yield node.attr


@dataclass(frozen=True)
class Item:
    """A name that a joined module has: its own, or one that it imports from outside the group."""

    home: str
    name: str
    imported: Import | None = None

    @property
    def longer(self) -> str:
        """The name with that of its home in front."""
        return f"{self.home.rsplit('.', 1)[-1]}_{self.name}"


class _Plan:
    """Which module goes where, and what its names become there."""

    def __init__(self, modules: Modules, groups: Sequence[Group]) -> None:
        self.modules = modules
        self.place: dict[str, str] = {}
        self.members: dict[str, list[str]] = {}
        apart = self._apart()
        for group in groups:
            self._gather(group, apart)
        self._refuse_circles()
        self.names = {entry: self._named(entry) for entry in self.members}
        for group in groups:
            for name in group.keeps:
                if self.name_of(group.entry, name) != name:
                    raise BuildError(
                        f"{modules[group.entry].path}: {name} cannot keep its name; rename what has it too"
                    )

    def _apart(self) -> set[str]:
        """Modules that are handed about whole, and what those load."""
        waiting = [value for module in self.modules.values() for value in module.values]
        apart: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in apart:
                apart.add(name)
                waiting.extend(self.modules[name].needs)
        return apart

    def _gather(self, group: Group, apart: set[str]) -> None:
        found: list[str] = []
        path: list[str] = []

        def add(name: str) -> None:
            if name in path:
                raise BuildError(f"{self.modules[name].path}:1: is part of a circle of imports: {' '.join(path)}")
            if name in apart or name in self.place or name in found:
                return
            path.append(name)
            for need in self.modules[name].needs:
                add(need)
            path.pop()
            found.append(name)

        for name in (*group.more, group.entry):
            if name in apart or name in self.place:
                raise BuildError(f"{self.modules[name].path}:1: is handed about whole or joined elsewhere already")
            add(name)
        self.members[group.entry] = found
        self.place.update(dict.fromkeys(found, group.entry))

    def _refuse_circles(self) -> None:
        done: set[str] = set()

        def follow(name: str, path: tuple[str, ...]) -> None:
            file = self.place.get(name, name)
            if file in path:
                raise BuildError(f"{self.modules[file].path}:1: would import itself: {' '.join((*path, file))}")
            if file not in done:
                for member in self.members.get(file, [file]):
                    for need in self.modules[member].needs:
                        if self.place.get(need, need) != file:
                            follow(need, (*path, file))
                done.add(file)

        for name in self.modules:
            follow(name, ())

    def item(self, module: str, name: str) -> Item | None:
        """What a joined module's name stands for; None for a module of the same group."""
        if name not in self.modules[module].names:
            raise BuildError(f"{self.modules[module].path}:1: has no {name}, which another module asks for")
        found = self.modules[module].imports.get(name)
        if found is None:
            return Item(module, name)
        group = self.place[module]
        if self.place.get(found.module) == group:
            return None
        if found.module not in self.modules and self.place.get(found.source) == group:
            return self.item(found.source, found.member)
        return Item(found.source, name, found)

    def name_of(self, module: str, name: str) -> str:
        """What a joined module's name has become."""
        found = self.item(module, name)
        if found is None:
            raise BuildError(f"{self.modules[module].path}:1: {name} is a module there, import it from its own place")
        return self.names[self.place[module]][found]

    def source_of(self, one: Import) -> Import:
        """An import as it has to be now."""
        if one.module in self.modules:
            entry = self.place.get(one.module, one.module)
            if entry != one.module:
                package, _, last = entry.rpartition(".")
                return Import(package, last, one.name)
        elif one.source in self.place:
            return Import(self.place[one.source], self.name_of(one.source, one.member), one.name)
        return one

    def _named(self, entry: str) -> dict[Item, str]:
        modules = [self.modules[name] for name in self.members[entry]]
        pairs = [(module.name, name) for module in modules for name in module.names]
        items = list(dict.fromkeys(item for pair in pairs if (item := self.item(*pair))))
        local = {name for module in modules for name in module.locals}
        free = {name for module in modules for name in module.builtins}
        # Names that are written in another way than before must not meet a local name of theirs.
        respelt = {
            self.item(*pair)
            for module in modules
            for pair in module.members
            if self.place.get(pair[0]) == entry and pair[1] in self.modules[pair[0]].names
        }
        names: dict[Item, str] = {}
        for item in items:
            rivals = [other for other in items if other.name == item.name and other is not item]
            clear = not rivals or (item.imported is not None and not any(other.imported for other in rivals))
            plain = clear and item.name not in free and not (item in respelt and item.name in local)
            names[item] = item.name if plain else item.longer
            if not plain and item.longer in local | free:
                raise BuildError(
                    f"{self.modules[entry].path}: {item.longer} is taken; rename {item.name} of {item.home}"
                )
        if len(set(names.values())) < len(names):
            raise BuildError(f"{self.modules[entry].path}: several of its names come to the same: {_twice(names)}")
        return names


def _twice(names: dict[Item, str]) -> str:
    found = list(names.values())
    return " ".join(sorted({name for name in found if found.count(name) > 1}))


def _joined(plan: _Plan, entry: str) -> ast.Module:
    """The one module of a group: its imports, then each module after those that it needs."""
    imports: list[ast.stmt] = []
    body: list[ast.stmt] = []
    for item, name in plan.names[entry].items():
        if item.imported:
            imports.append(_statement(plan.source_of(item.imported), name))
    for member in plan.members[entry]:
        body += _Joined(plan, plan.modules[member]).statements()
    return ast.Module(_merged(imports) + body, [])


def _statement(one: Import, name: str) -> ast.Import | ast.ImportFrom:
    alias = ast.alias(one.member or one.source, None if name == (one.member or one.source) else name)
    return ast.ImportFrom(one.source, [alias], 0) if one.member else ast.Import([alias])


def _merged(statements: list[ast.stmt]) -> list[ast.stmt]:
    """Imports with one statement for each source."""
    found: dict[str | None, ast.ImportFrom] = {}
    kept: list[ast.stmt] = []
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and statement.module in found:
            found[statement.module].names += statement.names
            continue
        if isinstance(statement, ast.ImportFrom):
            found[statement.module] = statement
        kept.append(statement)
    return kept


class _Rewrite(Walk):
    """Follows what other modules have become."""

    def __init__(self, plan: _Plan, module: Module) -> None:
        super().__init__(module.path)
        self._plan = plan
        self._module = module

    def modules_in(self, imports: list[ast.ImportFrom]) -> dict[str, str]:
        found = (one for node in imports for one in imports_of(node, self._module, self._plan.modules))
        return {one.name: one.module for one in found if one.module in self._plan.modules}

    def on_name(self, node: ast.Name, scope: Scope) -> ast.expr:
        if scope is self.scopes[0] and node.id in scope.names:
            node.id = self.on_global(node.id)
        return node

    def on_member(self, node: ast.Attribute, module: str) -> ast.expr:
        if module in self._plan.place:
            node.attr = self._plan.name_of(module, node.attr)
        return node

    def on_import(self, node: ast.ImportFrom) -> ast.stmt | list[ast.stmt]:
        found = imports_of(node, self._module, self._plan.modules)
        if all(self._plan.source_of(one) == one for one in found):
            return node
        return _merged([_statement(self._plan.source_of(one), one.name) for one in found])


class _Apart(_Rewrite):
    """A module that stays a file of its own."""

    def on_global(self, name: str) -> str:
        return name


class _Joined(_Rewrite):
    """A module that becomes a part of another."""

    def statements(self) -> Iterator[ast.stmt]:
        """What is left of the module, in the names of the whole."""
        tree = self._module.tree
        bound = Bound(tree.body)
        body = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
        self._within("module", bound, [], body)
        return iter(body)

    def on_global(self, name: str) -> str:
        return self._plan.name_of(self._module.name, name)

    def on_name(self, node: ast.Name, scope: Scope) -> ast.expr:
        before = node.id
        super().on_name(node, scope)
        return self._seen(node, before)

    def on_member(self, node: ast.Attribute, module: str) -> ast.expr:
        entry = self._plan.place[self._module.name]
        whole = isinstance(node.value, ast.Name) and self.home(node.value.id) is self.scopes[0]
        if whole and self._plan.place.get(module) == entry:
            return self._seen(ast.copy_location(ast.Name(self._plan.name_of(module, node.attr), node.ctx), node), "")
        if whole and isinstance(node.value, ast.Name):
            node.value.id = self.on_global(node.value.id)
        return super().on_member(node, module)

    def on_import(self, node: ast.ImportFrom) -> ast.stmt | list[ast.stmt]:
        if len(self.scopes) == 1:
            self._conditional(node.names)
            return node
        return super().on_import(node)

    def on_plain_import(self, node: ast.Import) -> ast.Import:
        if len(self.scopes) == 1:
            self._conditional(node.names)
        return node

    def _conditional(self, names: list[ast.alias]) -> None:
        """An import under a condition stays where it is and binds names of the whole."""
        for alias in names:
            name = self.on_global(bound_by(alias))
            alias.asname = None if name == alias.name else name

    def _seen(self, node: ast.Name, before: str) -> ast.Name:
        """The name, which nothing that stands nearer may hide."""
        if node.id != before and self.home(node.id) is not self.scopes[0]:
            raise self._module.refuse(node, f"{node.id} would be hidden by a local name of the same spelling")
        return node
