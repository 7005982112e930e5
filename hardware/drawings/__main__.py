"""Writes every drawing and table of hardware/."""

from pathlib import Path

from hardware.drawings import harness
from hardware.drawings.pages import NODE_FOLDERS, texts


def main() -> None:
    """Texts first, then the harness drawings that are made from them."""
    for path, text in texts().items():
        path.write_text(text, encoding="utf-8")
    for folder in NODE_FOLDERS:
        yml: Path = folder / "harness.yml"
        yml.with_suffix(".svg").write_text(harness.draw(yml), encoding="utf-8")


if __name__ == "__main__":
    main()
