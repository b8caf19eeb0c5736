import type { PaymentMethod } from "#graphql/collector/books.ts";
import type { Customer } from "#graphql/collector/customers.ts";
import type { Money } from "#ui/money.ts";

export const METHODS: readonly PaymentMethod[] = ["TRANSFER", "CASH", "CHEQUE", "CARD", "WALLET", "OTHER"];

/** Some money in a currency in which the customer owes, or the organization keeps its books: for its digits. */
export function moneyOf(customer: Customer, currencyCode: string): Money {
  const owed = customer.account.balances.find((one) => one.currencyCode === currencyCode);
  return owed?.balance ?? customer.account.balance;
}
