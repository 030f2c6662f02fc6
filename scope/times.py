"""Times as records, locks and workspaces write them."""

from datetime import datetime


def parse_time(text: str | None) -> datetime | None:
    """Return a time in ISO 8601 with its offset; None for any other text, and for none.

    >>> parse_time("2026-01-01T00:00:00Z")
    datetime.datetime(2026, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        time = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return time if time is not None and time.tzinfo is not None else None
