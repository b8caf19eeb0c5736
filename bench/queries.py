"""What is asked of Cartera and of PostGraphile: the same rows, order and fields.

Where Cartera says an amount as a decimal text with its currency, PostGraphile says minor units and currency;
where Cartera says why a customer ranks where it does in sentences, PostGraphile hands over the stored facts.
Both are less work for it, as is ``nodes`` in place of ``edges``.
"""

from __future__ import annotations

# Twelve fields of a customer (collector's name and account figures among them), five debts of six, a promise.
PORTFOLIO = """
query Portfolio($first: Int!, $after: String) {
  customers(first: $first, after: $after, orderBy: { field: PRIORITY, direction: DESC }) {
    edges { node {
      id name externalId segment
      collector { name }
      account {
        balance { amount currencyCode }
        overdue { amount currencyCode }
        openCount overdueCount oldestDueOn lastContactAt nextActionAt
        latestPromise { state dueOn amount { amount currencyCode } }
      }
      receivables(first: 5, filter: { openOnly: true }, orderBy: { field: DUE_ON, direction: ASC }) {
        edges { node {
          id number dueOn state
          amount { amount currencyCode }
          balance { amount currencyCode }
        } }
      }
    } }
  }
}
"""

PORTFOLIO_OF_POSTGRAPHILE = """
query Portfolio($first: Int!) {
  allAccounts(first: $first, orderBy: [DUE_RANK_DESC, PRIORITY_DESC, CUSTOMER_ID_DESC]) {
    nodes {
      customer: customerByOrganizationIdAndCustomerId {
        id name externalId segment
        collector: memberByOrganizationIdAndCollectorId { name }
        receivables: receivablesByOrganizationIdAndCustomerId(
          first: 5, filter: { balanceMinor: { greaterThan: "0" } }, orderBy: [DUE_ON_ASC, ROW_ID_ASC]
        ) {
          nodes { id number dueOn state currency amountMinor balanceMinor }
        }
      }
      balanceMinor overdueMinor openCount overdueCount oldestDueOn lastContactAt nextActionAt
      latestPromise { state dueOn amountMinor currency }
    }
  }
}
"""

# Where the next page of that list begins.
END_OF_PAGE = """
query EndOfPage($first: Int!, $after: String) {
  customers(first: $first, after: $after, orderBy: { field: PRIORITY, direction: DESC }) {
    pageInfo { endCursor }
  }
}
"""

# The front end's CustomerQuery (frontend/src/graphql/collector/customers.ts), its fragment written out.
CUSTOMER = """
query Customer($id: ID!) {
  node(id: $id) {
    __typename
    ... on Customer {
      id name externalId taxId segment industry group tags country timeZone
      creditLimit { amount currencyCode }
      collector { id name }
      salesperson { id name }
      account {
        balance { amount currencyCode }
        overdue { amount currencyCode }
        lacksRate
        balances {
          currencyCode
          balance { amount currencyCode }
          overdue { amount currencyCode }
          unapplied { amount currencyCode }
          aging { bucket amount { amount currencyCode } }
        }
        openCount overdueCount oldestDueOn delayDays maturedCount lateCount
        reasons { code points sentence amount { amount currencyCode } days count total date }
        lastContactAt lastContactKind lastPaymentOn
        latestPromise { id state dueOn lastDay amount { amount currencyCode } }
        nextActionAt nextActionKind
      }
      contacts { id name role email emailState phone phoneState isPrimary }
      nextTask { id kind dueAt note }
      receivables(first: 100, filter: { openOnly: true }, orderBy: { field: DUE_ON, direction: ASC }) {
        edges { node {
          id number kind issuedOn dueOn daysOverdue isOverdue agingBucket
          amount { amount currencyCode }
          balance { amount currencyCode }
          state isDisputed isPromised isOnHold isInPlan
        } }
        pageInfo { hasNextPage }
        totalCount
      }
    }
  }
}
"""

# Days late and buckets follow from the dates; whether something holds is told by the row that says so.
CUSTOMER_OF_POSTGRAPHILE = """
query Customer($organization: UUID!, $id: UUID!, $today: Date!) {
  customerByOrganizationIdAndRowId(organizationId: $organization, rowId: $id) {
    __typename
    id name externalId taxId segment industry customerGroup country timeZone creditLimitMinor creditCurrency
    tags: customerTagsByOrganizationIdAndCustomerId(orderBy: TAG_ASC) { nodes { tag } }
    collector: memberByOrganizationIdAndCollectorId { id name }
    salesperson: memberByOrganizationIdAndSalespersonId { id name }
    account: accountByOrganizationIdAndCustomerId {
      balanceMinor overdueMinor lacksRate openCount overdueCount oldestDueOn delayDays maturedCount lateCount
      reasons priority lastContactAt lastContactKind lastPaymentOn nextActionAt nextActionKind
      latestPromise { id state dueOn lastDay amountMinor currency }
    }
    balances: accountBalancesByOrganizationIdAndCustomerId(orderBy: CURRENCY_ASC) {
      nodes {
        currency balanceMinor overdueMinor unappliedMinor currentMinor days130Minor days3160Minor
        days6190Minor over90Minor
      }
    }
    contacts: contactsByOrganizationIdAndCustomerId(orderBy: [IS_PRIMARY_DESC, NAME_ASC, ROW_ID_ASC]) {
      nodes { id name role email emailState phone phoneState isPrimary }
    }
    nextTask: tasksByOrganizationIdAndCustomerId(
      first: 1, condition: { state: "open" }, orderBy: [DUE_AT_ASC, ROW_ID_ASC]
    ) { nodes { id kind dueAt note } }
    holds: holdsByOrganizationIdAndCustomerId(first: 1, filter: {
      receivableId: { isNull: true }, releasedAt: { isNull: true }, untilOn: { greaterThanOrEqualTo: $today }
    }) { nodes { id } }
    receivables: receivablesByOrganizationIdAndCustomerId(
      first: 100, filter: { balanceMinor: { greaterThan: "0" } }, orderBy: [DUE_ON_ASC, ROW_ID_ASC]
    ) {
      nodes {
        id number kind issuedOn dueOn overdueFrom currency amountMinor balanceMinor state
        disputes: disputesByOrganizationIdAndReceivableId(first: 1, condition: { state: "open" }) {
          nodes { id }
        }
        promised: promiseReceivablesByOrganizationIdAndReceivableId(
          first: 1, filter: { promiseByOrganizationIdAndPromiseId: { state: { equalTo: "pending" } } }
        ) { nodes { promiseId } }
        holds: holdsByOrganizationIdAndReceivableId(first: 1, filter: {
          releasedAt: { isNull: true }, untilOn: { greaterThanOrEqualTo: $today }
        }) { nodes { id } }
        plans: planReceivablesByOrganizationIdAndReceivableId(first: 1, condition: { isActive: true }) {
          nodes { planId }
        }
      }
      pageInfo { hasNextPage }
      totalCount
    }
  }
}
"""

# The worklist's page without what hangs on a customer, so that finding the rows is what counts.
WORKLIST = """
query Worklist($first: Int!, $filter: CustomerFilter, $orderBy: CustomerOrder) {
  customers(first: $first, filter: $filter, orderBy: $orderBy) {
    edges { node {
      id name externalId segment
      collector { name }
      account {
        balance { amount currencyCode }
        overdue { amount currencyCode }
        openCount oldestDueOn lastContactAt nextActionAt
        latestPromise { state dueOn }
      }
    } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

# Walked by graphql-core: what happened is of many kinds.
TIMELINE = """
query Timeline($id: ID!, $first: Int!) {
  node(id: $id) {
    ... on Customer {
      id
      timeline(first: $first) {
        edges { node {
          __typename
          ... on Activity { id kind outcome happenedAt note }
          ... on Payment { id amount { amount currencyCode } receivedOn }
          ... on Promise { id amount { amount currencyCode } dueOn }
        } }
      }
    }
  }
}
"""
