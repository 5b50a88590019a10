"""The application: all routes behind the guard, which answers every error in one form."""

from __future__ import annotations

from starlette.routing import Match, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from neo.serving.catalog_routes import catalog_routes
from neo.serving.chat import chat_route
from neo.serving.guard import Guard
from neo.serving.openapi import document_routes
from neo.serving.problems import Refusal
from neo.serving.server import Server
from neo.serving.verbs import verb_routes


def make_app(server: Server) -> ASGIApp:
    """What a route raises reaches the guard: there is no other handling of errors between the two."""
    routes = [*verb_routes(server), chat_route(server), *catalog_routes(server), *document_routes()]
    return Guard(_Checked(routes), server.settings, server.metrics)


class _Checked:
    """A router that raises where it has no route, or not for this method. A path with a slash too many is another."""

    def __init__(self, routes: list[Route]) -> None:
        self.routes, self.lifespan = routes, Router()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.lifespan(scope, receive, send)
            return
        methods: set[str] = set()
        for route in self.routes:
            match, found = route.matches(scope)
            if match is not Match.NONE:
                scope.update(found, route=route)
            if match is Match.FULL:
                await route.handle(scope, receive, send)
                return
            methods |= (route.methods or set()) if match is Match.PARTIAL else set()
        if methods:
            allowed = ", ".join(sorted(methods))
            message = f"The method is {scope['method']!r:.20}, expected {allowed}: use one of these."
            raise Refusal(405, message, headers={"allow": allowed})
        raise Refusal(404, "There is nothing at this path: /openapi.json lists what there is.", kind="unknown_route")
