"""Addresses of entities, sets and next pages."""

from urllib.parse import quote

from cloud.things.model import EntityType

BASE = "/sta/v1.1"


def entity_link(root: str, entity: EntityType, key: str) -> str:
    """An entity's own address."""
    return f"{root}/{entity.plural}({key_in_link(key)})"


def key_in_link(key: str) -> str:
    """An id in a path, in quotation marks."""
    return "'" + quote(key.replace("'", "''"), safe="'") + "'"


def next_link(link: str, written: tuple[tuple[str, str], ...], *, skip: int = 0, token: str = "") -> str:
    """The same question for what follows. With a token, what is counted was told on the first page."""
    left = {"$skip", "$skiptoken", "$count"} if token else {"$skip", "$skiptoken"}
    pairs = [(name, text.strip()) for name, text in written if name not in left]
    pairs += [("$skip", str(skip))] * (skip > 0) + [("$skiptoken", token)] * bool(token)
    return link + "?" + "&".join(f"{name}={quote(text, safe='(),/:=;$@*' + chr(39))}" for name, text in pairs)
