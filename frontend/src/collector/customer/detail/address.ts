import { router } from "../../router.svelte.ts";

/** The address of a payment, a credit note or a document, opened over the page that is shown. */
export const detailOf = (id: string): string => router.withQuery({ detalle: id, accion: null });

/** Goes back to what was below. */
export const closeDetail = (): void => router.go(router.withQuery({ detalle: null }), { replace: true });
