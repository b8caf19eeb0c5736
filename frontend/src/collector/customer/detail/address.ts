import { router } from "../../router.svelte.ts";

/** The address of a payment, a credit note or a document, opened over the page that is shown. */
export const detailOf = (id: string): string => router.withQuery({ detalle: id, accion: null });

/** Goes back to what was below. */
export const closeDetail = (): void => router.go(router.withQuery({ detalle: null }), { replace: true });

/** A customer's page with something opened on it; the place in the list is kept where the page is shown already. */
export function onCustomer(customerId: string, opened: Readonly<Record<string, string>>): string {
  const path = `/clientes/${encodeURIComponent(customerId)}`;
  if (router.path !== path) return `${path}?${new URLSearchParams(opened).toString()}`;
  return router.withQuery({ accion: null, detalle: null, reclamo: null, cheque: null, ...opened });
}
