"""What became of files since they were read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def changes(read: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    """Each file that was removed, added or changed, in the order of names.

    Takes     the bytes of each file as it was read, or their hash; the same of the files as they are now.
    """
    for name in sorted({*read, *now}):
        if name not in now:
            yield f"{name}: was removed"
        elif name not in read:
            yield f"{name}: was added"
        elif now[name] != read[name]:
            yield f"{name}: was changed"
