"""How is a mistake in the configuration told?

Like a compiler does: where it is, what is wrong, what to do. All mistakes are told at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from s1mpletrader.errors import ConfigurationError

PROBLEMS_MAX = 100
"""How many problems one message lists."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake. Lines and columns count from 1; 0 stands for the file as a whole."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Return `file:line:column: error: message (hint)`."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: error: {self.message}" + (f" ({self.hint})" if self.hint else "")


def refuse(problems: Iterable[Problem]) -> None:
    """Raise `ConfigurationError` with every problem on its own line; return if there are none."""
    found = sorted(set(problems))
    if not found:
        return
    lines = [str(problem) for problem in found[:PROBLEMS_MAX]]
    if len(found) > PROBLEMS_MAX:
        lines.append(f"... and {len(found) - PROBLEMS_MAX} more")
    raise ConfigurationError("\n".join(lines), hint="nothing was started; correct these first")


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return the known word that `word` was probably meant to be, or nothing."""
    return get_close_matches(word, list(known), n=1, cutoff=0.6)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean "x"?` for the known word nearest to `word`, or nothing."""
    return "".join(f'did you mean "{near}"?' for near in nearest(word, known))
