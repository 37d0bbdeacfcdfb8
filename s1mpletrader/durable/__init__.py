"""The only room that syncs, renames, links, truncates and locks (SAFETY J4)."""
