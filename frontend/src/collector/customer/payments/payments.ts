import type { PaymentMethod } from "#graphql/collector/books.ts";
import type { Customer, OpenReceivable } from "#graphql/collector/customers.ts";
import type { Money } from "#ui/money.ts";

export const METHODS: readonly PaymentMethod[] = ["TRANSFER", "CASH", "CHEQUE", "CARD", "WALLET", "OTHER"];

/** The currency that a form begins with: of what is overdue longest, or of anything that is owed. */
export function firstCurrency(customer: Customer, receivables: readonly OpenReceivable[], base: string): string {
  const overdue = receivables.find((one) => one.isOverdue);
  return overdue?.balance.currencyCode ?? customer.account.balances[0]?.currencyCode ?? base;
}

/** Some money in a currency in which the customer owes, or the organization keeps its books: for its digits. */
export function moneyOf(customer: Customer, currencyCode: string): Money {
  const owed = customer.account.balances.find((one) => one.currencyCode === currencyCode);
  return owed?.balance ?? customer.account.balance;
}
