"""`just docs`, `docs-serve`, `docs-reference`: the documentation as a site, and the pages that are made from the code."""

import argparse
import sys
from collections.abc import Sequence

from tests.docs import site
from tests.docs.pages import PageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Build or serve the site; return 0, or 1 if it isn't whole."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs", description=__doc__, allow_abbrev=False)
    parser.add_argument("what", choices=("build", "serve", "reference", "check-reference"))
    options = parser.parse_args(arguments)
    try:
        if options.what == "serve":
            site.serve()
        elif options.what == "reference":
            from tests.docs.reference import write_reference  # needs scope and the generator, which the site doesn't

            for path in write_reference():
                print(f"wrote {path}")
        elif options.what == "check-reference":
            from tests.docs.reference import check_reference  # as above

            check_reference()
        else:
            site.build()
            print(f"The site is in {site.SITE.relative_to(site.REPOSITORY)}: open index.html, or run `just docs-serve`.")
    except (site.SiteError, PageError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
