"""Contacts of a file: people at customers that the books know.

A file says something about the fields that it fills and nothing about the others, which stay as they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from uuid import UUID

from cartera.db.base import new_id
from cartera.db.queries import contacts
from cartera.db.queries.accounts import CHUNK, refresh_accounts
from cartera.db.queries.customers import by_external_ids
from cartera.db.queries.locks import lock_many
from cartera.db.session import WriteTx
from cartera.db.tables.customers import Contact
from cartera.rules.customers import AddressState, ContactRole
from cartera.rules.imports.contact_matching import Said, contact_of, has_phone, match_key, said_by
from cartera.rules.imports.problems import ProblemCode
from cartera.rules.imports.rows import ContactRow
from cartera.services.imports.outcome import Outcome


async def apply_contacts(tx: WriteTx, rows: Sequence[ContactRow], outcome: Outcome) -> None:
    """Add contacts and bring known ones up to the file; a contact that says the same is left untouched.

    The outcome counts contacts, one for each address of a row.
    """
    customers = await by_external_ids(tx, {row.customer_id for row in rows})
    about: dict[UUID, list[ContactRow]] = defaultdict(list)
    for row in rows:
        if row.customer_id in customers:
            about[customers[row.customer_id][0]].append(row)
        else:
            outcome.refuse_line(row.line, ProblemCode.CUSTOMER_UNKNOWN, row.customer_id)
    await lock_many(tx, about)
    names = dict(customers.values())
    ordered = sorted(about)
    for start in range(0, len(ordered), CHUNK):
        chunk = ordered[start : start + CHUNK]
        known = await contacts.of_customers(tx, chunk)
        books = [_AddressBook(tx, each, names[each], known.get(each, [])) for each in chunk]
        changed = [book.customer_id for book in books if book.bring_up_to(about[book.customer_id], outcome)]
        await refresh_accounts(tx, changed)


class _AddressBook:
    """The contacts of one customer."""

    def __init__(self, tx: WriteTx, customer_id: UUID, company: str, known: Sequence[Contact]) -> None:
        self.customer_id = customer_id
        self._tx = tx
        self._company = company
        self._people = list(known)
        self._new: set[UUID] = set()
        self._mentioned: dict[UUID, Contact] = {}
        # Contacts whose telephone number this file has said: another one is another contact's.
        self._phone_said: set[UUID] = set()

    def bring_up_to(self, rows: Sequence[ContactRow], outcome: Outcome) -> bool:
        """Take in what the rows say; whether anything is different from before."""
        for row in rows:
            for said in said_by(row):
                self._take(said, row)
        counts = Counter(self._finish(contact) for contact in self._mentioned.values())
        for code, count in counts.items():
            outcome.add(code, count)
        return counts.keys() != {"unchanged"}

    def _take(self, said: Said, row: ContactRow) -> None:
        contact = contact_of(said, self._people, self._company) or self._added(said)
        self._mentioned[contact.id] = contact
        if said.name:
            contact.name = said.name
        if row.role:
            contact.role = row.role
        if row.language:
            contact.language = row.language
        if said.email and contact.email != said.email:
            contact.email = said.email
            contact.email_state = AddressState.UNVERIFIED
        if said.phone:
            self._take_phone(contact, said, row)

    def _take_phone(self, contact: Contact, said: Said, row: ContactRow) -> None:
        """A number that differs takes the place of the one before, unless the person has several."""
        others = [person for person in self._people if person is not contact]
        if contact.phone not in (None, said.phone):
            own = said._replace(name=contact.name)
            if any(has_phone(person, own, self._company) for person in others):
                return
            if contact.id in self._phone_said:
                self._take(own._replace(email=None), row)
                return
        if contact.phone != said.phone:
            contact.phone = said.phone
            contact.phone_state = AddressState.UNVERIFIED
        self._phone_said.add(contact.id)

    def _added(self, said: Said) -> Contact:
        contact = Contact(
            organization_id=self._tx.organization_id,
            id=new_id(),
            customer_id=self.customer_id,
            match_key="",
            name=said.name or self._company,
            role=ContactRole.OTHER,
            email=said.email,
            email_state=AddressState.UNVERIFIED,
            phone=said.phone,
            phone_state=AddressState.UNVERIFIED,
            language=None,
            accepts_email=True,
            accepts_sms=True,
            accepts_whatsapp=True,
            is_primary=False,
            created_at=self._tx.now,
            updated_at=self._tx.now,
        )
        self._people.append(contact)
        self._new.add(contact.id)
        return contact

    def _finish(self, contact: Contact) -> str:
        """created, updated or unchanged. The first contact with an e-mail address is the primary one."""
        is_new = contact.id in self._new
        if not is_new and not self._tx.session.is_modified(contact):
            return "unchanged"
        contact.match_key = match_key(contact.name, contact.email, contact.phone)
        contact.updated_at = self._tx.now
        if contact.email and not any(person.is_primary for person in self._people):
            contact.is_primary = True
        if is_new:
            self._tx.session.add(contact)
        return "created" if is_new else "updated"
