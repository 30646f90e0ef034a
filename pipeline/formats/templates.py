"""The templates of reports, pages and define.xml: one way to load them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from pipeline.records.count import counted


@lru_cache(maxsize=16)
def template(package: str, name: str, finalize: Callable[[Any], str] | None = None) -> Template:
    """A template from the folder templates/ of a package; one of XML or HTML escapes what is put into it.

    It may count things in words: `counted(1, "record")` is "1 record".

    Takes     the package, e.g. pipeline.publish.guides; a name that ends in .xml.j2, .html.j2 or
              .txt.j2; what each value goes through before it is printed.
    """
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(enabled_extensions=("xml.j2", "html.j2"), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=finalize,
        # to look for constants to fold takes 0.01 s of each build, and there are next to none
        optimized=False,
    )
    environment.globals["counted"] = counted
    return environment.get_template(name)
