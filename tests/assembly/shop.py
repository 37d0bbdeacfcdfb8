"""A copy of the shipped configuration that a test may break."""

import shutil
from pathlib import Path

import pytest

from s1mpletrader.assembly.config_files import Assembly, load_configuration
from s1mpletrader.errors import ConfigurationError

ROOT = Path(__file__).parents[2]


class Shop:
    """A configuration folder in a temporary place."""

    def __init__(self, place: Path) -> None:
        self.folder = place / "config"
        shutil.copytree(ROOT / "config", self.folder)
        self.own = place / "own" / "plugins"
        self.edit("platform", "/usr/local/lib/s1mpletrader/plugins", str(self.own))

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the first `old` in a file; it must be there."""
        path = self.folder / f"{name}.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {path.name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def write(self, name: str, text: str | bytes) -> None:
        """Replace a file, or make one."""
        content = text if isinstance(text, bytes) else text.encode()
        (self.folder / name).write_bytes(content)

    def load(self) -> Assembly:
        """Load the configuration with the shipped plugins."""
        return load_configuration(self.folder, ROOT)

    def complaints(self) -> list[str]:
        """Return the problems, each without the temporary folder's name; there must be some."""
        with pytest.raises(ConfigurationError) as caught:
            self.load()
        assert caught.value.exit_code == 78
        lines = str(caught.value).replace(f"{self.folder}/", "").replace(f"{self.own}/", "")
        return lines.replace(f"{self.folder}", "CONFIG").splitlines()
