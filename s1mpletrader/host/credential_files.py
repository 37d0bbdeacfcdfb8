"""Where do secrets come from?

Files only: systemd's credentials directory, else the one of `S1MPLETRADER_CREDENTIALS`, else
`credentials/` beside the state. Never the configuration, never the command line (SAFETY X).
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from s1mpletrader.errors import ConfigurationError

SECRET_BYTES_MAX = 4096
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def credentials_directory(state: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the directory that holds one file per credential."""
    for name in ("CREDENTIALS_DIRECTORY", "S1MPLETRADER_CREDENTIALS"):
        if environment.get(name):
            return Path(environment[name])
    return state / "credentials"


def read_credential(directory: Path, name: str) -> str:
    """Return the secret `name`; raises `ConfigurationError` if it is not there or not private."""
    path = directory / name
    try:
        mode = path.stat().st_mode
        with path.open("rb") as file:
            data = file.read(SECRET_BYTES_MAX + 1)
    except OSError as error:
        text = f"credential {name} cannot be read from {directory}: {error.strerror}"
        raise ConfigurationError(text, hint=f"put the secret into {path}, mode 0600") from error
    if mode & OTHERS & ~stat.S_IRGRP:
        text = f"credential {path} can be read by others (mode {stat.S_IMODE(mode):04o})"
        raise ConfigurationError(text, hint=f"chmod 600 {path}")
    if len(data) > SECRET_BYTES_MAX:
        raise ConfigurationError(f"credential {path} is larger than {SECRET_BYTES_MAX} bytes")
    text = data.decode("utf-8", "replace").strip()
    if not text or not text.isprintable():
        raise ConfigurationError(f"credential {path} is empty or not one line of text")
    return text
