"""Fills a template of this folder with the values of one machine.

python3 deploy/render.py values.toml deploy/patroni/patroni.yml > /etc/patroni/config.yml
"""

import string
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path


def render(template: Path, values: Mapping[str, object]) -> str:
    """The template's text with every ${name} filled in; KeyError for one that has no value."""
    return string.Template(template.read_text(encoding="utf-8")).substitute(values)


def main() -> None:
    """Print the filled template; exit code 2 when something is missing."""
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} VALUES.toml TEMPLATE")
    values, template = (Path(word) for word in sys.argv[1:])
    try:
        sys.stdout.write(render(template, tomllib.loads(values.read_text(encoding="utf-8"))))
    except (OSError, tomllib.TOMLDecodeError) as error:
        print(f"{sys.argv[0]}: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyError as error:
        print(f"{values} has no value for {error}, which {template} needs: add a line to it", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
