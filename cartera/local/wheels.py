"""Where the wheels that carry server programs are installed."""

from importlib.util import find_spec
from pathlib import Path

from cartera.errors import UserFacingError


def folder_of(package: str) -> Path:
    """The package's folder, found without importing it: its Python code starts things of its own.

    Raises UserFacingError where the package is not installed.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise UserFacingError(
            "The embedded servers are not installed: install cartera[local], "
            "or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.origin).parent
