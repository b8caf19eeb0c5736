"""Check digits, against identifiers that authorities and public bodies publish."""

from __future__ import annotations

import re
from random import Random

import pytest

from cartera.demo.tax_ids import nit_check_digit, rfc_check_digit, rut_check_digit, tax_id


# Two of the test taxpayers of Mexico's tax service, and the service itself.
@pytest.mark.parametrize("published", ["EKU9003173C9", "XIA190128J61", "SAT970701NN3"])
def test_rfc(published: str) -> None:
    assert rfc_check_digit(published[:-1]) == published[-1]


@pytest.mark.parametrize(("number", "digit"), [("800197268", "4"), ("899999068", "1"), ("860002964", "4")])
def test_nit(number: str, digit: str) -> None:
    assert nit_check_digit(number) == digit


@pytest.mark.parametrize(("number", "digit"), [(60_803_000, "K"), (60_805_000, "0"), (61_704_000, "K")])
def test_rut(number: int, digit: str) -> None:
    assert rut_check_digit(number) == digit


def test_each_country_writes_its_own_form() -> None:
    rng = Random(1)
    company = {
        country: tax_id(rng, country, "Almacenes Peña", person=False) for country in ("MX", "CO", "CL")
    }
    assert re.fullmatch(r"APX\d{6}[0-9A-Z]{2}[0-9A]", company["MX"])
    assert re.fullmatch(r"[89]\d{8}-\d", company["CO"])
    assert re.fullmatch(r"7[67]\.\d{3}\.\d{3}-[\dK]", company["CL"])


def test_rfc_of_a_person_begins_with_the_surname() -> None:
    assert tax_id(Random(1), "MX", "Natalia Hernández Montemayor", person=True).startswith("HEMN")
