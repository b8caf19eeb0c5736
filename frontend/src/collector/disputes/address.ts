import { onCustomer } from "../customer/detail/address.ts";
import { router } from "../router.svelte.ts";

/** The address of a dispute on its customer's page. */
export const disputeOf = (customerId: string, id: string): string =>
  onCustomer(customerId, { seccion: "reclamos", reclamo: id });

/** The address of a dispute over the list that is shown. */
export const disputeHere = (id: string): string => router.withQuery({ reclamo: id, accion: null, detalle: null });

/** Goes back to what was below. */
export const closeDispute = (): void => router.go(router.withQuery({ reclamo: null }), { replace: true });
