/** Where the person is: the address bar is the only place that knows, so every view can be linked to. */
class Router {
  #url = $state.raw(new URL(location.href));

  constructor() {
    addEventListener("popstate", () => (this.#url = new URL(location.href)));
  }

  get path(): string {
    return this.#url.pathname;
  }

  get query(): URLSearchParams {
    return this.#url.searchParams;
  }

  /** Path and query as they stand: for coming back after a login. */
  get here(): string {
    return this.#url.pathname + this.#url.search;
  }

  go(to: string, how: { replace?: boolean } = {}): void {
    if (to === this.here) return;
    history[how.replace ? "replaceState" : "pushState"](null, "", to);
    this.#url = new URL(location.href);
  }

  /** The present address with some of its query changed; null or "" takes a name away. */
  withQuery(changes: Readonly<Record<string, string | null>>, path = this.path): string {
    const query = new URLSearchParams(this.query);
    for (const [name, value] of Object.entries(changes)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    const text = query.toString();
    return text ? `${path}?${text}` : path;
  }

  /** Turns clicks on links of this application into steps of the router. For the document's click event. */
  follow = (event: MouseEvent): void => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (event.defaultPrevented || !plain || !(event.target instanceof Element)) return;
    const link = event.target.closest("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (!PAGES.some((page) => link.pathname === page || link.pathname.startsWith(`${page}/`))) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  };
}

const PAGES = [
  "/cartera",
  "/clientes",
  "/promesas",
  "/reclamos",
  "/cheques",
  "/indicadores",
  "/importar",
  "/libros",
  "/equipo",
];

export const router = new Router();
