import { configure, client } from "#graphql/collector/client.ts";
import { stopListening } from "#graphql/collector/live.ts";
import { type Viewer, ViewerQuery } from "#graphql/collector/viewer.ts";
import { current } from "#i18n/collector/index.ts";
import type { Language } from "#i18n/format.ts";
import { applyBrand } from "#ui/accent.ts";

const LANGUAGE = "cartera.language";
const THEME = "cartera.theme";
export type Theme = "system" | "light" | "dark";
export type SignIn = "ok" | "wrong" | "many" | "offline";

/** Who is at the screen: the server's session cookie knows, this only remembers its answer. */
class Session {
  state = $state<"starting" | "out" | "in" | "failed">("starting");
  viewer = $state.raw<Viewer | null>(null);
  theme = $state<Theme>((localStorage.getItem(THEME) as Theme | null) ?? "system");

  /** The viewer of a screen that is shown only after signing in. */
  get me(): Viewer {
    if (!this.viewer) throw new Error("Nobody is signed in.");
    return this.viewer;
  }

  can(scope: string): boolean {
    return this.viewer?.scopes.includes(scope) ?? false;
  }

  async load(): Promise<void> {
    const { data, error } = await client.query(ViewerQuery, {}, { requestPolicy: "network-only" });
    if (!data) {
      // Signed out unless the server could not be asked at all, or failed at answering.
      if (this.state !== "out") this.state = error?.networkError || error?.graphQLErrors.length ? "failed" : "out";
      return;
    }
    this.viewer = data.viewer;
    const { organization } = data.viewer;
    applyBrand(organization.accent);
    await current.use([localStorage.getItem(LANGUAGE), organization.language], organization.country);
    this.state = "in";
  }

  async signIn(email: string, password: string): Promise<SignIn> {
    try {
      const response = await fetch("/session", {
        method: "POST",
        headers: { "Content-Type": "application/json", "Accept-Language": current.language },
        body: JSON.stringify({ email, password }),
      });
      if (response.status === 429) return "many";
      if (!response.ok) return "wrong";
    } catch {
      return "offline";
    }
    await this.load();
    return this.state === "in" ? "ok" : "offline";
  }

  async signOut(): Promise<void> {
    await fetch("/session", { method: "DELETE" });
    // A fresh page: nothing of one person's session may stay in memory for the next.
    location.assign("/");
  }

  ended(): void {
    stopListening();
    this.state = "out";
    this.viewer = null;
  }

  async speak(language: Language): Promise<void> {
    localStorage.setItem(LANGUAGE, language);
    await current.use([language]);
  }

  show(theme: Theme): void {
    this.theme = theme;
    localStorage.setItem(THEME, theme);
    applyTheme(theme);
  }
}

function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export const session = new Session();

/** Language, theme and viewer, before anything is drawn. */
export async function start(): Promise<void> {
  applyTheme(session.theme);
  configure({ language: () => current.language, onSignedOut: () => session.ended() });
  await current.use([localStorage.getItem(LANGUAGE)]);
  await session.load();
}
