"""Where does an installation keep what, and where does a checkout?"""

from pathlib import Path

INSTALLED_CODE = Path("/usr/lib/s1mpletrader")
INSTALLED_CONFIG = Path("/etc/s1mpletrader")
INSTALLED_STATE = Path("/var/lib/s1mpletrader")
SERVICE_STATES = Path("/var/lib")
SERVICE_RUNTIME = Path("/run")


def is_installed(code: Path = Path(__file__)) -> bool:
    """Return whether this program runs from its package and not from a checkout."""
    return code.resolve().is_relative_to(INSTALLED_CODE)


def default_config() -> Path:
    """Return where the configuration is if nobody says otherwise."""
    return INSTALLED_CONFIG if is_installed() else Path("config")


def default_state() -> Path:
    """Return where the state is if nobody says otherwise."""
    return INSTALLED_STATE if is_installed() else Path("var")


def default_control(state: Path) -> Path:
    """Return the control socket that belongs to a state directory.

    /var/lib/NAME is a service: /run/NAME/control.sock; any other place keeps its own run/.
    """
    if state.parent == SERVICE_STATES:
        return SERVICE_RUNTIME / state.name / "control.sock"
    return state / "run" / "control.sock"
