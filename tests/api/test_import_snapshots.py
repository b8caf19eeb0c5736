"""Snapshots in the application: the guard, refused rows, and the day of the list."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from tests.api.conftest import Client
from tests.api.test_imports import HEAD, TWO, rows, say, settings, shown, uploaded
from tests.conftest import MovableClock
from tests.factories import Factory
from tests.office import Office

# The fixture of a home that the web process and the worker share.
__all__ = ["settings"]


async def test_a_snapshot_beyond_the_guard_needs_a_second_word(
    anna: Client, office: Office, factory: Factory
) -> None:
    first = await uploaded(anna, office, TWO)
    await say(anna, "Confirm", importId=first)
    await office.work_off()
    rest = HEAD + TWO.splitlines()[1] + "\n"
    import_id = await uploaded(anna, office, rest)
    await say(anna, "Answer", importId=import_id, answers=[], snapshot=True, asOf="2026-11-10")
    await office.work_off()
    run = await shown(anna, import_id)
    assert (run["isSnapshot"], run["asOf"]) == (True, "2026-11-10")
    assert {each["code"]: each["count"] for each in run["outcome"]} == {"unchanged": 1, "gone_from_erp": 1}
    before = await rows(factory)
    said = await say(anna, "Confirm", importId=import_id)
    (error,) = said["errors"]
    assert (error["code"], error["path"]) == ("SNAPSHOT_GUARD", ["force"])
    assert "250.50 de 350.50 MXN" in error["message"]
    assert await rows(factory) == before
    await say(anna, "Confirm", importId=import_id, force=True)
    await office.work_off()
    assert (await shown(anna, import_id))["state"] == "DONE"
    async with factory.read() as tx:
        balance = await tx.session.scalar(text("SELECT sum(balance_minor)::bigint FROM receivable"))
        assert balance == 10_000


async def test_what_refused_rows_may_show_is_left_open_unless_a_person_says_otherwise(
    anna: Client, office: Office, factory: Factory
) -> None:
    first = await uploaded(anna, office, TWO)
    await say(anna, "Confirm", importId=first)
    await office.work_off()
    list_of_one = HEAD + TWO.splitlines()[2] + "\nC1,Papelería,,2026-10-01,2026-10-31,MXN,100.00,100.00\n"
    for force, code, balance in ((False, "gone_left_open", 35_050), (True, "gone_from_erp", 25_050)):
        import_id = await uploaded(anna, office, list_of_one)
        await say(anna, "Answer", importId=import_id, answers=[], snapshot=True)
        await office.work_off()
        run = await shown(anna, import_id)
        left = {
            "code": "gone_left_open",
            "count": 1,
            "amounts": [{"amount": "100.00", "currencyCode": "MXN"}],
        }
        assert left in run["outcome"]
        assert run["notices"] == [
            "Se rechazaron 1 filas que pueden ser de cualquier documento: nada se da por liquidado por "
            "faltar en la lista. Corríjalas e importe la lista otra vez."
        ]
        await say(anna, "Confirm", importId=import_id, force=force)
        await office.work_off()
        run = await shown(anna, import_id)
        assert [each["code"] for each in run["outcome"] if each["code"].startswith("gone")] == [code]
        assert len(run["notices"]) == (not force)
        async with factory.read() as tx:
            owed = await tx.session.scalar(text("SELECT sum(balance_minor)::bigint FROM receivable"))
            assert owed == balance


async def test_a_list_of_a_day_to_come_is_refused_and_its_own_day_is_kept(
    anna: Client, office: Office, factory: Factory
) -> None:
    import_id = await uploaded(anna, office, TWO)
    assert (await shown(anna, import_id))["asOf"] == "2026-11-16"
    before = await rows(factory)
    said = await say(anna, "Answer", importId=import_id, answers=[], snapshot=True, asOf="2026-11-17")
    assert said["errors"] == [
        {
            "__typename": "ValidationError",
            "code": "AS_OF_IN_FUTURE",
            "message": "El día de la lista, 2026-11-17, no puede ser después de hoy, 2026-11-16.",
            "path": ["asOf"],
        }
    ]
    assert await rows(factory) == before
    run = await shown(anna, import_id)
    assert (run["state"], run["isSnapshot"], run["asOf"]) == ("NEEDS_CONFIRMATION", False, "2026-11-16")


async def test_what_is_applied_days_later_is_of_the_day_that_was_shown(
    anna: Client, office: Office, factory: Factory, clock: MovableClock
) -> None:
    import_id = await uploaded(anna, office, TWO.replace("MXN,100.00,100.00", "MXN,100.00,60.00"))
    await say(anna, "Confirm", importId=import_id)
    clock.move(timedelta(days=2))
    await office.work_off()
    async with factory.read() as tx:
        found = await tx.session.execute(
            text("SELECT amount_minor, effective_on::text FROM entry WHERE kind = 'settled_in_erp'")
        )
        assert found.all() == [(-4000, "2026-11-16")]
