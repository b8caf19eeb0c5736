"""The built front end: the collectors' app at ``/``, the portal at ``/p``; both route by themselves."""

from __future__ import annotations

import re
from mimetypes import guess_type
from pathlib import Path
from stat import S_ISREG

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.context import AppState

# File names of the bundle hold a hash of what is in them.
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASK_AGAIN = {"Cache-Control": "no-cache"}

# The build packs each of its files once, a tenth smaller than the server could on the fly.
_BROTLI = {"Content-Encoding": "br", "Vary": "Accept-Encoding"}

# A portal page may stand in the history of somebody else's telephone, and is nobody's search result.
_PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}

_NOT_BUILT = "The front end has not been built: run `make run`, or `npm run build` in frontend/."


def routes(state: AppState) -> list[BaseRoute]:
    """To be mounted last: it answers for every path that nobody else has."""
    bundle = Bundle(state.bundle)
    return [
        Route("/p", bundle.portal),
        Route("/p/{path:path}", bundle.portal),
        Route("/{path:path}", bundle.collector),
    ]


class Bundle:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = StaticFiles(directory=folder, check_dir=False)

    async def collector(self, request: Request) -> Response:
        """A file of the bundle, or else the app's page, whose script knows the path."""
        path = request.path_params["path"]
        if "." not in path.rpartition("/")[2]:
            return self._page("index.html", _ASK_AGAIN)
        if path.endswith(".html") or path.startswith("."):
            return PlainTextResponse("Not found.", 404)
        return await self._file(path, request.scope, request.headers.get("accept-encoding", ""))

    async def portal(self, request: Request) -> Response:
        """The portal's page: it changes nothing, whoever asks for it; its script opens the session."""
        return self._page("p/index.html", _PRIVATE)

    async def _file(self, path: str, scope: Scope, accepted: str) -> Response:
        try:
            found, stat = self._files.lookup_path(path)
        except (OSError, ValueError):
            # A name that no file can have.
            found, stat = "", None
        if stat is None or not S_ISREG(stat.st_mode):
            return PlainTextResponse("Not found.", 404)
        if path.startswith("assets/") and _unpacks_brotli(accepted) and (packed := _packed(found)):
            return FileResponse(packed, media_type=guess_type(found)[0], headers=_FOREVER | _BROTLI)
        response = self._files.file_response(found, stat, scope)
        response.headers.update(_FOREVER if path.startswith("assets/") else _ASK_AGAIN)
        return response

    def _page(self, name: str, headers: dict[str, str]) -> Response:
        page = self._folder / name
        if not page.is_file():
            return PlainTextResponse(_NOT_BUILT, 503)
        return FileResponse(page, headers=headers)


def _unpacks_brotli(accepted: str) -> bool:
    return "br" in re.findall(r"\w+", accepted)


def _packed(found: str) -> Path | None:
    packed = Path(f"{found}.br")
    return packed if packed.is_file() else None
