"""What a filter on observations says of their Datastream alone, so that whole streams are passed over unread."""

from collections.abc import Callable, Iterator

from cloud.things.meaning import Meaning
from cloud.things.subjects import Observed, Stream
from cloud.things.syntax import Call, Group, Node, Not, Operation, Path

OF_A_STREAM = ("Datastream", "FeatureOfInterest")


def wanted(node: Node | None, meaning: Meaning) -> Callable[[Stream], bool] | None:
    """A condition that a stream must meet to hold any match; None when the filter says nothing of streams alone."""
    parts = node.parts if isinstance(node, Group) and node.name == "and" else (node,) if node else ()
    found = [meaning.condition(part) for part in parts if _of_a_stream(part)]
    if not found:
        return None
    return lambda stream: all(holds(_any_of(stream)) for holds in found)


def _of_a_stream(node: Node) -> bool:
    paths = list(_paths(node))
    return bool(paths) and all(path.steps[0] in OF_A_STREAM for path in paths)


def _paths(node: Node) -> Iterator[Path]:
    match node:
        case Path():
            yield node
        case Call():
            parts: tuple[Node, ...] = node.arguments
        case Operation():
            parts = (node.left, node.right)
        case Group():
            parts = node.parts
        case Not():
            parts = (node.part,)
        case _:
            parts = ()
    if not isinstance(node, Path):
        for part in parts:
            yield from _paths(part)


def _any_of(stream: Stream) -> Observed:
    return Observed(stream, 0, 0, 0.0, 0.0, True, False, None, 0, 0)
