import type { TimelineItem } from "#graphql/collector/customers.ts";
import { current, t } from "#i18n/collector/index.ts";
import { shortDay } from "#i18n/dates.ts";
import type { IconName } from "#ui/icons.ts";
import { moneyText } from "#ui/money.ts";
import { type Changed, changedFacts } from "./audit/facts.ts";

/** One line of a customer's story, whatever kind of thing it was. */
export type Event = {
  readonly id: string;
  /** An instant, or a business day where no hour is known. */
  readonly at: string;
  readonly icon: IconName;
  readonly title: string;
  readonly detail: string;
  readonly note: string | null;
  /** What the customer's page shows at this event's click: the thing by itself, with its whole story. */
  readonly opens?: "detail" | "dispute" | "instrument";
  /** What that is, where it is not the event itself. */
  readonly subject?: string;
  /** Of an act: what it changed and from where, told when the line is opened. */
  readonly told?: { readonly facts: readonly Changed[]; readonly address: string | null };
};

type Of<Name extends TimelineItem["__typename"]> = Extract<TimelineItem, { __typename: Name }>;

const join = (...parts: (string | null | undefined)[]) => parts.filter(Boolean).join(" · ");

const ACTIVITY_ICONS: Readonly<Record<Of<"Activity">["kind"], IconName>> = {
  CALL: "phone",
  EMAIL: "mail",
  SMS: "mail",
  WHATSAPP: "mail",
  LETTER: "mail",
  VISIT: "people",
  NOTE: "note",
};

function activity(item: Of<"Activity">): Event {
  const outcome = item.outcome === "NONE" ? null : t(`outcome.${item.outcome}`);
  return {
    id: item.id,
    at: item.happenedAt,
    icon: ACTIVITY_ICONS[item.kind],
    title: join(t(`activity.${item.kind}`), outcome),
    detail: item.member?.name ?? "",
    note: item.note,
  };
}

function message(item: Of<"Message">): Event {
  return {
    id: item.id,
    at: item.sentAt ?? item.plannedFor,
    icon: "mail",
    title: join(t(`message.${item.template}`), t(`message.state.${item.messageState}`)),
    detail: join(t(`channel.${item.channel}`), item.sentTo),
    note: item.heldReason ?? item.failure ?? item.subject,
  };
}

function payment(item: Of<"Payment">): Event {
  return {
    id: item.id,
    at: item.recordedAt,
    icon: "money",
    title: t("event.payment", { amount: moneyText(item.amount, current.locale) }),
    detail: join(t(`method.${item.method}`), item.reference),
    note: null,
    opens: "detail",
  };
}

function promise(item: Of<"Promise">, today: string): Event {
  const received = item.promiseState === "PARTIALLY_KEPT" ? moneyText(item.received, current.locale) : null;
  return {
    id: item.id,
    at: item.createdAt,
    icon: "promise",
    title: t("event.promise", {
      amount: moneyText(item.amount, current.locale),
      date: shortDay(item.dueOn, today, current.locale),
    }),
    detail: join(
      t(`promise.${item.promiseState}`),
      received && t("event.received", { amount: received }),
      item.member?.name ?? t(`promise.channel.${item.promiseChannel}`),
    ),
    note: item.note,
  };
}

function dispute(item: Of<"Dispute">): Event {
  return {
    id: item.id,
    at: item.openedOn,
    icon: "flag",
    title: t("event.dispute", {
      amount: moneyText(item.amount, current.locale),
      number: item.receivable.number,
    }),
    detail: join(t(`dispute.${item.reason}`), t(`dispute.state.${item.disputeState}`)),
    note: item.note,
    opens: "dispute",
  };
}

function creditNote(item: Of<"CreditNote">): Event {
  return {
    id: item.id,
    at: item.issuedOn,
    icon: "file",
    title: t("event.creditNote", { number: item.number, amount: moneyText(item.amount, current.locale) }),
    detail: "",
    note: null,
    opens: "detail",
  };
}

const ACT_ICONS: Readonly<Record<string, IconName>> = {
  charge: "money",
  customer: "people",
  hold: "clock",
  payment: "money",
  plan: "promise",
};

const OPENS: Readonly<Record<string, Event["opens"]>> = {
  credit_note: "detail",
  instrument: "instrument",
  payment: "detail",
  plan: "detail",
  receivable: "detail",
};

function act(item: Of<"AuditEntry">): Event {
  const opens = OPENS[item.noun];
  return {
    id: item.id,
    at: item.happenedAt,
    icon: ACT_ICONS[item.noun] ?? "file",
    title: item.sentence,
    detail: "",
    note: null,
    told: { facts: changedFacts(item), address: item.address },
    ...(opens && item.subjectId ? { opens, subject: item.subjectId } : {}),
  };
}

export function eventOf(item: TimelineItem, today: string): Event {
  switch (item.__typename) {
    case "Activity":
      return activity(item);
    case "Message":
      return message(item);
    case "Payment":
      return payment(item);
    case "Promise":
      return promise(item, today);
    case "Dispute":
      return dispute(item);
    case "CreditNote":
      return creditNote(item);
    case "AuditEntry":
      return act(item);
  }
}
