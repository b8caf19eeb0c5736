"""Reading: the portfolio's page and the view of one customer, beside PostGraphile 5 and a bare endpoint.

One web process each, all on the same tables; PostGraphile's role and row-level security are the
application's, by its pgSettings, and nobody has to log in to it. ``reading_scale`` goes on from there.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from typing import Any

from bench import contenders, portfolio, queries, reading_scale
from bench.asking import Asked, Caller, node_of_floor, page_of_floor
from bench.comparing import Measured, compare
from bench.harness import Report
from bench.load import Target, press
from bench.portfolio import LARGE, TODAY, node_id
from cartera.servers import Servers

PAGE = 50
CUSTOMERS = 100
CARTERA, POSTGRAPHILE, FLOOR = "Cartera", "PostGraphile", "floor"
ANEW, WALKED = "asked anew", "walked"
WITHOUT_LIMITS = "without limits"
LEFT_OUT = ("without login", "without row-level security", WITHOUT_LIMITS)


def run(report: Report) -> None:
    load = os.getloadavg()[0]
    servers = portfolio.opened()
    portfolio.settle(servers)
    caller = Caller(servers, LARGE)
    report.add(
        "load of the machine before these figures",
        measured=f"{load:.1f}",
        goal="",
        holds=True,
    )
    _portfolio(report, servers, caller)
    _customers(report, servers, caller)
    _parts(report, servers, caller)
    reading_scale.run(report, servers, caller)


def _portfolio(report: Report, servers: Servers, caller: Caller) -> None:
    asked = Asked(queries.PORTFOLIO, {"first": PAGE})
    (answered,) = caller.ask(asked)
    theirs = Asked(queries.PORTFOLIO_OF_POSTGRAPHILE, {"first": PAGE})
    with ExitStack() as stack:
        cartera = stack.enter_context(contenders.cartera(servers))
        anew = stack.enter_context(contenders.cartera(servers, ANEW))
        floor = stack.enter_context(contenders.floor(servers, [page_of_floor(answered, PAGE)]))
        peer = stack.enter_context(contenders.postgraphile(servers, LARGE))
        targets = {
            CARTERA: (cartera, Target.posting(cartera.port, "/graphql", [asked.body], caller.headers)),
            FLOOR: (floor, Target.posting(floor.port, "/0", [{}])),
            POSTGRAPHILE: (peer, Target.posting(peer.port, "/graphql", [theirs.body])),
            ANEW: (anew, Target.posting(anew.port, "/graphql", [asked.body], caller.headers)),
        }
        for name in (CARTERA, FLOOR, ANEW):
            assert press(targets[name][1], 0, 1).last == answered.text, name
        _check_portfolio(json.loads(answered.text), json.loads(press(targets[POSTGRAPHILE][1], 0, 1).last))
        found = compare(targets)
    ours, peers, bare = found[CARTERA], found[POSTGRAPHILE], found[FLOOR]
    _ratio(report, "portfolio page", ours, f"{contenders.versions()}: {peers}", peers, 2.0)
    _ratio(report, "portfolio page", ours, f"bare endpoint: {bare}", bare, 0.6)
    _told(report, "portfolio page, new to its caller", found[ANEW], f"PostGraphile: {peers}", peers)
    _told(report, "portfolio page, new to its caller", found[ANEW], f"bare endpoint: {bare}", bare)
    report.add(
        "CPU of a portfolio page, web and database",
        measured=f"{ours.cpu.both * 1000:.2f} ms",
        reference=f"PostGraphile {peers.cpu.both * 1000:.2f} ms",
        ratio=f"{ours.cpu.both / peers.cpu.both:.2f} of it",
        goal="at most 0.6",
        holds=ours.cpu.both <= 0.6 * peers.cpu.both,
    )


def _check_portfolio(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """The same customers, and of each the same receivables and promise, in the same order."""
    mine = [
        (
            node["externalId"],
            node["collector"]["name"],
            [each["node"]["number"] for each in node["receivables"]["edges"]],
            (node["account"]["latestPromise"] or {}).get("dueOn"),
        )
        for node in (edge["node"] for edge in ours["data"]["customers"]["edges"])
    ]
    other = [
        (
            node["customer"]["externalId"],
            node["customer"]["collector"]["name"],
            [each["number"] for each in node["customer"]["receivables"]["nodes"]],
            (node["latestPromise"] or {}).get("dueOn"),
        )
        for node in theirs["data"]["allAccounts"]["nodes"]
    ]
    assert mine == other, (mine[:2], other[:2])


def _customers(report: Report, servers: Servers, caller: Caller) -> None:
    # A step that meets large and small customers alike.
    ids = [LARGE.customer(7_919 * number % LARGE.customers) for number in range(CUSTOMERS)]
    asked = [Asked(queries.CUSTOMER, {"id": node_id("Customer", each)}) for each in ids]
    answered = caller.ask(*asked)
    bare = [node_of_floor(each) for each in answered]
    told = {"organization": str(LARGE.id), "today": str(TODAY)}
    with ExitStack() as stack:
        # Hardly anybody looks at the same customer again and again.
        cartera = stack.enter_context(contenders.cartera(servers, ANEW))
        floor = stack.enter_context(contenders.floor(servers, bare))
        peer = stack.enter_context(contenders.postgraphile(servers, LARGE))
        theirs = [Asked(queries.CUSTOMER_OF_POSTGRAPHILE, {**told, "id": str(each)}).body for each in ids]
        targets = {
            CARTERA: (
                cartera,
                Target.posting(cartera.port, "/graphql", [each.body for each in asked], caller.headers),
            ),
            FLOOR: (floor, Target(floor.port, [_to_floor(place) for place in range(len(bare))])),
            POSTGRAPHILE: (peer, Target.posting(peer.port, "/graphql", theirs)),
        }
        assert press(targets[CARTERA][1], 0, 1).last == answered[0].text
        _check_customer(json.loads(answered[0].text), json.loads(press(targets[POSTGRAPHILE][1], 0, 1).last))
        found = compare(targets)
    ours, peers, least = found[CARTERA], found[POSTGRAPHILE], found[FLOOR]
    _ratio(report, "view of one customer, new to its caller", ours, f"PostGraphile: {peers}", peers, 1.2)
    least_told = f"bare endpoint, reasons as stored: {least}"
    _told(report, "view of one customer, new to its caller", ours, least_told, least)


def _check_customer(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    mine, other = ours["data"]["node"], theirs["data"]["customerByOrganizationIdAndRowId"]
    shown = [edge["node"] for edge in mine["receivables"]["edges"]]
    listed = other["receivables"]["nodes"]
    assert mine["externalId"] == other["externalId"]
    assert mine["receivables"]["totalCount"] == other["receivables"]["totalCount"]
    assert mine["tags"] == [each["tag"] for each in other["tags"]["nodes"]]
    assert [each["email"] for each in mine["contacts"]] == [
        each["email"] for each in other["contacts"]["nodes"]
    ]
    assert [each["number"] for each in shown] == [each["number"] for each in listed]
    assert [each["isPromised"] for each in shown] == [bool(each["promised"]["nodes"]) for each in listed]
    assert [each["isDisputed"] for each in shown] == [bool(each["disputes"]["nodes"]) for each in listed]


def _parts(report: Report, servers: Servers, caller: Caller) -> None:
    """What login, row-level security and limits cost, each left out by itself; and the usual way to serve."""
    bodies = [Asked(queries.PORTFOLIO, {"first": PAGE}).body]
    with ExitStack() as stack:
        targets = {}
        for name in (CARTERA, *LEFT_OUT, ANEW, WALKED):
            web = stack.enter_context(contenders.cartera(servers, "" if name == CARTERA else name))
            targets[name] = (web, Target.posting(web.port, "/graphql", bodies, caller.headers))
        found = compare(targets)
    for name in LEFT_OUT:
        # What is asked again is not measured again.
        whole = found[ANEW if name == WITHOUT_LIMITS else CARTERA]
        spared = (whole.cpu.both - found[name].cpu.both) * 1000
        report.add(
            f"portfolio page {name}",
            measured=str(found[name]),
            reference=f"with it: {whole}",
            ratio=f"it costs {spared:.2f} ms of CPU, {spared / whole.cpu.both / 10:.0f} %",
            goal="",
            holds=True,
        )
    anew, walked = found[ANEW], found[WALKED]
    report.add(
        "portfolio page served the usual way, ORM and loaders",
        measured=str(walked),
        reference=f"compiled, new to its caller: {anew}",
        ratio=f"{anew.rate / walked.rate:.1f} × as many compiled",
        goal="",
        holds=True,
    )


def _ratio(report: Report, name: str, ours: Measured, told: str, other: Measured, goal: float) -> None:
    report.add(
        name,
        measured=str(ours),
        reference=told,
        ratio=f"{ours.rate / other.rate:.2f} × its requests",
        goal=f"at least {goal} ×",
        holds=ours.rate >= goal * other.rate,
    )


def _told(report: Report, name: str, ours: Measured, told: str, other: Measured) -> None:
    """Beside what there is no goal for."""
    ratio = f"{ours.rate / other.rate:.2f} × its requests"
    report.add(name, measured=str(ours), reference=told, ratio=ratio, goal="", holds=True)


def _to_floor(place: int) -> bytes:
    return Target.posting(0, f"/{place}", [{}]).requests[0]
