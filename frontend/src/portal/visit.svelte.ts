import { ask, NoAnswer, openSession } from "#graphql/portal/ask.ts";
import { type Portal, PortalQuery } from "#graphql/portal/documents.ts";
import { current } from "#i18n/portal/index.ts";
import { applyBrand } from "#ui/accent.ts";

const LINK = /^\/p\/l\/([\w-]+)$/;

/** One visit of a customer: what the link shows, or why it shows nothing. */
class Visit {
  portal = $state.raw<Portal | null>(null);
  trouble = $state.raw<NoAnswer["why"] | null>(null);
  readonly #token = LINK.exec(location.pathname)?.[1] ?? null;
  #opened = false;

  /** The payment attempt that the gateway sent the customer back from. */
  readonly attempt = location.pathname === "/p/pago" ? new URLSearchParams(location.search).get("attempt") : null;

  /** Opens the link once, then asks what it shows. Only this script does: a GET of the page changes nothing. */
  async load(): Promise<void> {
    this.trouble = null;
    // Beside the answers, not after them; most customers read Spanish.
    const words = current.use(["es"]);
    try {
      if (this.#token && !this.#opened) {
        await openSession(this.#token);
        this.#opened = true;
        // The token must not stay in the history nor leave with a screenshot.
        history.replaceState(null, "", "/p/");
      }
      const { portal } = await ask(PortalQuery, {}, current.language);
      applyBrand(portal.organization.accent);
      await words;
      await current.use([portal.customer.language]);
      this.portal = portal;
    } catch (error) {
      await words.catch(() => {});
      this.trouble = error instanceof NoAnswer ? error.why : "failed";
    }
  }
}

export const visit = new Visit();
