"""`just docs`, `just docs-serve`: the documentation as a site."""

import argparse
import sys
from collections.abc import Sequence

from tests.docs import site
from tests.docs.pages import PageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Build or serve the site; return 0, or 1 if it isn't whole."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs", description=__doc__, allow_abbrev=False)
    parser.add_argument("what", choices=("build", "serve"))
    options = parser.parse_args(arguments)
    try:
        if options.what == "serve":
            site.serve()
        else:
            site.build()
            print(f"The site is in {site.SITE.relative_to(site.REPOSITORY)}: open index.html, or run `just docs-serve`.")
    except (site.SiteError, PageError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
