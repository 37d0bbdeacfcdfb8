"""How are the generated tables written into their pages? `python -m tests.docs`."""

from tests.docs.pages import with_block
from tests.docs.tables import PAGES

for path, tables in PAGES.items():
    text = path.read_text("utf-8")
    for name, table in tables.items():
        text = with_block(text, name, table())
    path.write_text(text, "utf-8")
