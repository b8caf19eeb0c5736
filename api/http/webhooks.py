"""Where gateways send their events: verified, kept and answered at once; a job does the work."""

from __future__ import annotations

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from api.context import AppState
from api.errors import BadRequest
from api.http.body import body_of
from cartera.actors import system
from cartera.db.queries.payment_attempts import organization_of_account
from cartera.gateways.base import BadSignature
from cartera.gateways.registry import Gateways, NoGateway
from cartera.services import webhooks

LARGEST_EVENT = 65_536

log = structlog.get_logger(__name__)


def routes(state: AppState) -> list[BaseRoute]:
    gateways = Gateways(state.settings)

    async def receive(request: Request) -> Response:
        name, account = request.path_params["gateway"], request.path_params["account"]
        try:
            gateway = gateways.account(name, account)
            body = await body_of(request, LARGEST_EVENT)
            event = gateway.verify(request.headers, body, state.clock.now())
        except NoGateway:
            return JSONResponse({"error": "unknown_account"}, 404)
        except BadRequest as error:
            return JSONResponse({"error": "body_too_large"}, error.status)
        except BadSignature as error:
            log.warning("webhook_refused", gateway=name, reason=str(error))
            return JSONResponse({"error": "bad_signature"}, 401)
        async with state.db.directory() as directory:
            organization_id = await organization_of_account(directory, f"{name}:{account}")
        if organization_id is None:
            return JSONResponse({"error": "unknown_account"}, 404)
        async with state.db.write(system(organization_id, "webhook"), state.clock.now()) as tx:
            await webhooks.receive(tx, name, event, body)
        return Response(status_code=gateway.acknowledgement)

    return [Route("/webhooks/{gateway}/{account}", receive, methods=["POST"])]
