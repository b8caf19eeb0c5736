import { router } from "../router.svelte.ts";

/** The address of a cheque or note over the page that is shown. */
export const instrumentHere = (id: string): string => router.withQuery({ cheque: id, accion: null, detalle: null });

/** Goes back to what was below. */
export const closeInstrument = (): void => router.go(router.withQuery({ cheque: null }), { replace: true });
