"""How is a tree of causes drawn?"""

import textwrap

from s1mpletrader.core.causality import Node

WIDTH = 100


def tree(node: Node) -> str:
    """Return the tree as lines; sentences are wrapped, ids are never cut."""
    return "\n".join([node.text, *_branches(node, "")])


def _branches(node: Node, indent: str) -> list[str]:
    lines: list[str] = []
    for position, child in enumerate(node.children, start=1):
        is_last = position == len(node.children)
        below = indent + ("   " if is_last else "│  ")
        under_text = below + ("│  " if child.children else "   ")
        lines += textwrap.wrap(
            child.text,
            WIDTH,
            initial_indent=indent + ("└─ " if is_last else "├─ "),
            subsequent_indent=under_text,
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines += _branches(child, below)
    return lines
