"""Where does an installation keep what, and where does a checkout?

Plain strings: loading pathlib would cost a client verb a quarter of its time.
"""

import os

INSTALLED_CODE = "/usr/lib/s1mpletrader"
INSTALLED_CONFIG = "/etc/s1mpletrader"
INSTALLED_STATE = "/var/lib/s1mpletrader"
SERVICE_STATES = "/var/lib"
SERVICE_RUNTIME = "/run"


def is_installed(code: str = __file__) -> bool:
    """Return whether this program runs from its package and not from a checkout."""
    return os.path.realpath(code).startswith(INSTALLED_CODE + os.sep)


def default_config() -> str:
    """Return where the configuration is if nobody says otherwise."""
    return INSTALLED_CONFIG if is_installed() else "config"


def default_state() -> str:
    """Return where the state is if nobody says otherwise."""
    return INSTALLED_STATE if is_installed() else "var"


def default_control(state: str) -> str:
    """Return the control socket that belongs to a state directory.

    /var/lib/NAME is a service: /run/NAME/control.sock; any other place keeps its own run/.
    """
    parent, name = os.path.split(state.rstrip(os.sep))
    if parent == SERVICE_STATES:
        return f"{SERVICE_RUNTIME}/{name}/control.sock"
    return f"{state}/run/control.sock"
