import { untrack } from "svelte";

export type Toast = {
  readonly id: number;
  readonly text: string;
  readonly tone: "plain" | "error";
  readonly action?: { readonly label: string; readonly run: () => void } | undefined;
};

const SECONDS = 8;

/** What the page says in passing. An action, such as undo, can be taken while the toast is there. */
class Toasts {
  /** Who may draw them: the latest one does, since what lies under an open dialog can be neither seen nor heard. */
  hosts = $state.raw<readonly object[]>([]);
  list = $state.raw<readonly Toast[]>([]);
  #next = 1;

  say(text: string, more: Partial<Pick<Toast, "tone" | "action">> = {}): void {
    const toast: Toast = { id: this.#next++, text, tone: more.tone ?? "plain", action: more.action };
    this.list = [...this.list.slice(-2), toast];
    setTimeout(() => this.dismiss(toast.id), SECONDS * 1000);
  }

  /** Lets `host` draw them for as long as the caller is shown. */
  drawIn(host: object): () => void {
    this.hosts = [...untrack(() => this.hosts), host];
    return () => (this.hosts = this.hosts.filter((other) => other !== host));
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** Takes the action of the latest toast that has one. */
  undo(): void {
    const toast = this.list.findLast((candidate) => candidate.action);
    if (!toast) return;
    this.dismiss(toast.id);
    toast.action?.run();
  }
}

export const toasts = new Toasts();
